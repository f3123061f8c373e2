using System.Text.RegularExpressions;
using Weir.Cli.Rendering;

namespace Weir.Cli.Tests;

public partial class WidthTests
{
    private const string Wide = "猫が好き 🙂 and a long word supercalifragilisticexpialidocious, then\ta tab";

    public static TheoryData<int, string> Widths
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach (int width in (int[])[24, 40, 60, 80, 140])
            {
                foreach (string depth in Enum.GetNames<ColorDepth>())
                {
                    data.Add(width, depth);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void No_line_is_wider_than_the_terminal(int width, string depth)
    {
        ColorDepth colors = Enum.Parse<ColorDepth>(depth);
        using var directory = new TemporaryDirectory();
        foreach (string[] args in (string[][])
            [
                ["lens", Wide, "--target", "a", "--quiet"],
                ["lens", WeirRun.Prompt, "--top", "50"],
                ["inspect"],
                ["tokenize", Wide],
                ["capture", Wide, "--site", "pattern.*", "--out", directory["c.npz"]],
            ])
        {
            Outcome outcome = WeirRun.OnTerminal(width, colors, args);
            Assert.Equal(0, outcome.Code);
            Assert.All(outcome.Lines, line => Assert.True(TextWidth.Of(Codes().Replace(line, "")) <= width, $"{args[0]} at {width}: '{line}'"));
        }
    }

    [Fact]
    public void A_narrow_grid_goes_on_in_blocks_with_all_positions()
    {
        string output = WeirRun.OnTerminal(40, ColorDepth.Palette, "lens", WeirRun.Prompt).Output;
        string[] lines = [.. output.Split('\n').Select(l => Codes().Replace(l, ""))];
        int[] positions = [.. lines.Where(l => Regex.IsMatch(l, @"^ +\d+( +\d+)* *$")).SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)];
        Assert.Equal([0, 1, 2, 3, 4, 5], positions);
        Assert.True(lines.Count(l => l.StartsWith("embed", StringComparison.Ordinal)) >= 2);
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("猫", 2)]
    [InlineData("e\u0301", 1)]
    [InlineData("🙂", 2)]
    public void Widths_are_a_terminals(string text, int width) => Assert.Equal(width, TextWidth.Of(text));

    [Fact]
    public void Cutting_keeps_to_the_columns()
    {
        for (int columns = 1; columns < 12; columns++)
        {
            Assert.True(TextWidth.Of(TextWidth.Cut("a猫b猫c", columns)) <= columns);
            Assert.True(TextWidth.Of(TextWidth.CutMiddle("a猫b猫c", columns)) <= columns);
            Assert.Equal(columns, TextWidth.Of(TextWidth.Fit("a猫b猫c", columns)));
            Assert.All(TextWidth.Wrap("a猫b猫c de supercalifragilistic", Math.Max(2, columns)), l => Assert.True(TextWidth.Of(l) <= Math.Max(2, columns)));
        }
    }

    [Theory]
    [InlineData("hook_z[1]@4", 11, "hook_z[1]@4")]
    [InlineData("blocks.3.attn.hook_z[1]@4", 12, "blocks…[1]@4")]
    [InlineData("blocks.3.attn.hook_z[1]@4", 1, "…")]
    public void Names_lose_their_middle(string name, int columns, string expected) => Assert.Equal(expected, TextWidth.CutMiddle(name, columns));

    [GeneratedRegex("\e\\[[0-9;]*m")]
    private static partial Regex Codes();
}
