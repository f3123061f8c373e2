using System.Text.Json;

namespace Weir.Cli.Tests;

public class TokenizeTests
{
    [Fact]
    public void It_shows_positions_ids_texts_and_pieces()
    {
        Outcome outcome = WeirRun.Succeed("tokenize", WeirRun.Prompt);
        Assert.Equal(7, outcome.Lines.Length);
        Assert.Matches(@"^ +0 +0 +<\|endoftext\|> +<\|endoftext\|> +special$", outcome.Lines[1]);
        Assert.Matches(@"^ +4 +\d+ +·France +ĠFrance$", outcome.Lines[5]);
    }

    [Fact]
    public void Special_tokens_can_be_left_out() => Assert.Equal(6, WeirRun.Succeed("tokenize", WeirRun.Prompt, "--no-special").Lines.Length);

    [Fact]
    public void Text_comes_from_a_file_or_the_standard_input()
    {
        using var directory = new TemporaryDirectory();
        string expected = WeirRun.Succeed("tokenize", "a b\nc").Output;
        Assert.Equal(expected, WeirRun.Succeed("tokenize", "--file", directory.Write("text.txt", "a b\nc\n")).Output);
        Assert.Equal(expected, WeirRun.With(new TerminalSettings(), "a b\nc\n", "tokenize", "-").Output);
        Assert.Equal(expected, WeirRun.With(new TerminalSettings(), "a b\nc\n", "tokenize", "--file", "-").Output);
    }

    [Fact]
    public void Ids_decode_to_the_text()
    {
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed("tokenize", WeirRun.Prompt, "--json", "-").Output);
        string[] ids = [.. json.RootElement.GetProperty("tokens").EnumerateArray().Select(t => t.GetProperty("id").ToString())];
        Assert.Equal($"<|endoftext|>{WeirRun.Prompt}\n", WeirRun.Succeed(["tokenize", "--decode", .. ids]).Output);
        Assert.Equal($"{WeirRun.Prompt}\n", WeirRun.Succeed(["tokenize", "--no-special", "--decode", .. ids]).Output);
    }

    [Theory]
    [InlineData("TEXT is missing", "tokenize")]
    [InlineData("from 0 to 1023, not '1024'", "tokenize", "--decode", "1024")]
    [InlineData("not 'x'", "tokenize", "--decode", "x")]
    [InlineData("EmptyPrompt", "tokenize", "")]
    [InlineData("give one of them", "tokenize", "a", "--file", "b.txt")]
    [InlineData("one argument too many", "tokenize", "a", "b")]
    [InlineData("does not exist", "tokenize", "--file", "/nowhere/text.txt")]
    public void Bad_input_is_refused(string expected, params string[] args) => WeirRun.Refuse(expected, args);

    [Fact]
    public void A_file_that_is_no_text_is_refused()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["bytes"], [0x61, 0xFF, 0xFE]);
        WeirRun.Refuse("is not UTF-8", "tokenize", "--file", directory["bytes"]);
        WeirRun.Refuse("is a directory", "tokenize", "--file", directory.Path);
        WeirRun.Refuse("is empty", "tokenize", "--file", directory.Write("empty", ""));
    }
}
