using System.Text.Json;

namespace Weir.Cli.Tests;

public class KernelsTests
{
    [Fact]
    public void It_shows_what_the_compiler_made_of_every_kernel()
    {
        Outcome outcome = WeirRun.Succeed("kernels");
        Assert.StartsWith("Made by nvcc ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(outcome.Lines, l => l.StartsWith("rms_norm ", StringComparison.Ordinal) && l.Contains(" kernels/rms_norm.cu ", StringComparison.Ordinal) && l.Contains(" sm_80 ", StringComparison.Ordinal));
        Assert.Contains(outcome.Lines, l => l.StartsWith("rms_norm ", StringComparison.Ordinal) && l.Contains(" sm_90 ", StringComparison.Ordinal));
    }

    [Fact]
    public void Some_can_be_shown_alone()
    {
        string[] lines = [.. WeirRun.Succeed("kernels", "--kernel", "embed", "--kernel", "rms_norm").Lines.Skip(3)];
        Assert.NotEmpty(lines);
        Assert.All(lines, l => Assert.True(l.StartsWith("embed_", StringComparison.Ordinal) || l.StartsWith("rms_norm ", StringComparison.Ordinal), l));
        WeirRun.Refuse("No kernel's name begins with 'embedd'", "kernels", "--kernel", "embedd");
    }

    [Fact]
    public void The_self_test_compares_every_case_with_the_cpu()
    {
        string[] lines = WeirRun.Succeed("kernels", "--verify").Lines;
        int cases = lines.Length - 3; // Less the names of the columns, an empty line and the last.
        Assert.Matches($@"vectors, \d+ threads?: {cases} of {cases} cases as on the CPU\.$", lines[^1]);
        Assert.Contains(lines, l => l.StartsWith("Lens, 5 rows, bf16 ", StringComparison.Ordinal));
    }

    [Fact]
    public void As_json_it_says_the_same()
    {
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed("kernels", "--json", "-").Output);
        JsonElement kernels = json.RootElement.GetProperty("kernels");
        Assert.Equal(WeirRun.Succeed("kernels").Lines.Count(l => l.Contains(" kernels/", StringComparison.Ordinal)), kernels.GetArrayLength());
        Assert.All(kernels.EnumerateArray(), k => Assert.InRange(k.GetProperty("registers").GetInt32(), 8, 255));
        Assert.All(kernels.EnumerateArray(), k => Assert.InRange(k.GetProperty("code_bytes").GetInt32(), 128, 1 << 20));
    }
}
