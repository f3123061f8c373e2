using System.CommandLine;
using System.Text.Json;
using Weir.Cli.Commands;

namespace Weir.Cli.Tests;

public class RecordTests
{
    [Theory]
    [InlineData("inspect")]
    [InlineData("lens", WeirRun.Prompt)]
    [InlineData("generate", WeirRun.Prompt)]
    [InlineData("tokenize", WeirRun.Prompt)]
    public void A_result_file_says_what_ran_with_every_option(params string[] args)
    {
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed([.. args, "--json", "-"]).Output);
        JsonElement root = json.RootElement;
        Assert.Equal(args[0], root.GetProperty("verb").GetString());
        Assert.Matches(@"^\d+\.\d+\.\d+$", root.GetProperty("weir").GetProperty("version").GetString()!);
        Assert.StartsWith(".NET", root.GetProperty("dotnet").GetString(), StringComparison.Ordinal);
        Assert.Equal(Path.GetFullPath(WeirRun.Demo), root.GetProperty("model").GetProperty("directory").GetString());
        Assert.Equal(64, root.GetProperty("model").GetProperty("hash").GetString()!.Length);
        Assert.InRange(root.GetProperty("elapsed_seconds").GetDouble(), 0, 600);
        Command verb = args[0] switch
        {
            "inspect" => new InspectCommand(),
            "lens" => new LensCommand(),
            "generate" => new GenerateCommand(),
            _ => new TokenizeCommand(),
        };
        IEnumerable<string> names = verb.Options.Concat(new Options.GlobalSettings().All).Select(o => o.Name.TrimStart('-'));
        Assert.Equal(names.Order(StringComparer.Ordinal), root.GetProperty("options").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Options_stand_with_the_values_in_effect()
    {
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed("generate", "12 + 7 =", "--json", "-", "--threads", "1", "--vector-bits", "128", "--top-p", "0.9", "--seed", "-3", "--stop", ".", "--stop", "\\n").Output);
        JsonElement options = json.RootElement.GetProperty("options");
        Assert.Equal(1, options.GetProperty("threads").GetInt32());
        Assert.Equal(128, options.GetProperty("vector-bits").GetInt32());
        Assert.Equal("0.9", options.GetProperty("top-p").GetRawText());
        Assert.Equal(32, options.GetProperty("max-tokens").GetInt32());
        Assert.Equal(-3, options.GetProperty("seed").GetInt64());
        Assert.Equal(2, options.GetProperty("stop").GetArrayLength());
        Assert.Equal("cpu", options.GetProperty("device").GetString());
        Assert.Equal("f32", options.GetProperty("precision").GetString());
        Assert.True(options.GetProperty("deterministic").GetBoolean());
        Assert.Contains("128-bit vectors, 1 thread", json.RootElement.GetProperty("device").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_holds_what_the_standard_output_would()
    {
        using var directory = new TemporaryDirectory();
        WeirRun.Succeed("lens", WeirRun.Prompt, "--json", directory["lens.json"]);
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(directory["lens.json"]));
        using JsonDocument output = JsonDocument.Parse(WeirRun.Succeed("lens", WeirRun.Prompt, "--json", "-").Output);
        Assert.Equal(output.RootElement.GetProperty("prompts")[0].GetProperty("top_log_probabilities").ToString(), file.RootElement.GetProperty("prompts")[0].GetProperty("top_log_probabilities").ToString());
        Assert.Equal(["lens.json"], directory.Files);
    }

    [Fact]
    public void A_link_stays_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var directory = new TemporaryDirectory();
        directory.Write("real.json", "old");
        File.CreateSymbolicLink(directory["link.json"], directory["real.json"]);
        WeirRun.Succeed("tokenize", "a", "--json", directory["link.json"]);
        Assert.NotNull(new FileInfo(directory["link.json"]).LinkTarget);
        Assert.StartsWith("{", File.ReadAllText(directory["real.json"]), StringComparison.Ordinal);
    }
}
