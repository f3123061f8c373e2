using System.Text.Json;

namespace Weir.Cli.Tests;

/// <summary>weir recall on the demo model.</summary>
public sealed class RecallTests
{
    [Fact]
    public void Facts_of_the_demo_model_are_moved_in_one_layer()
    {
        using var directory = new TemporaryDirectory();
        Outcome outcome = WeirRun.Succeed("recall", "--tokens", "first", "--prompts", "45", "--heads", "4", "--out", directory["out"]);
        Assert.Contains("15 of 15 facts", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("Heads that move the topic", outcome.Output, StringComparison.Ordinal);
        string[] files = [.. Directory.GetFiles(directory["out"]).Select(f => Path.GetFileName(f)!)];
        foreach (string name in (string[])["result.json", "report.html", "tensors.safetensors", "senders.csv", "movers.csv", "mitigations.csv"])
        {
            Assert.Contains(name, files);
        }

        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory["out"], "result.json")));
        JsonElement results = json.RootElement;
        JsonElement dla = results.GetProperty("dla");
        Assert.Equal(dla.GetProperty("logit").GetDouble(), dla.GetProperty("sum").GetDouble(), 1e-4);
        Assert.Equal(8, results.GetProperty("patch").GetProperty("heads").GetArrayLength());
        Assert.Equal(45, results.GetProperty("patch").GetProperty("n").GetInt32());
        JsonElement[] movers = [.. results.GetProperty("mover").EnumerateArray()];
        Assert.Contains(movers, m => m.GetProperty("l").GetInt32() == 1 && m.GetProperty("points").EnumerateArray().Average(p => p.GetProperty("attn").GetDouble()) > 0.8);
        JsonElement[] mitigations = [.. results.GetProperty("final").GetProperty("mitigations").EnumerateArray()];
        Assert.Equal(0, mitigations.First(m => m.GetProperty("id").GetString() == "mlp").GetProperty("kl_nats").GetDouble(), 1e-6);
    }

    [Fact]
    public void The_four_passes_say_what_the_short_cut_says()
    {
        using var directory = new TemporaryDirectory();
        string[] line = ["recall", WeirRun.Prompt, "--answer", " Paris", "--topic", " France", "--out"];
        _ = WeirRun.Succeed([.. line, directory["quick"]]);
        _ = WeirRun.Succeed([.. line, directory["four"], "--oracle"]);
        double[] quick = Changes(directory["quick"]), four = Changes(directory["four"]);
        Assert.Equal(32, quick.Length);
        Assert.Contains(quick, v => Math.Abs(v) > 0.1);
        Assert.All(quick.Zip(four), p => Assert.Equal(p.Second, p.First, 1e-3));
    }

    [Fact]
    public void What_cannot_be_asked_is_refused()
    {
        WeirRun.Refuse("--tokens first", "recall");
        WeirRun.Refuse("--answer", "recall", WeirRun.Prompt);
        WeirRun.Refuse("PROMPT, which is missing", "recall", "--answer", " Paris");
        WeirRun.Refuse("--corrupt", "recall", "The capital of Atlantis is", "--answer", " Paris", "--topic", "Atlantis");
        WeirRun.Refuse("has no 'Spain'", "recall", WeirRun.Prompt, "--answer", " Paris", "--topic", "Spain");
        WeirRun.Refuse("no noun", "recall", "--tokens", "first", "--table", "languages", "--corruption", "relation");
        WeirRun.Refuse("There is no MLP 8", "recall", "--tokens", "first", "--mlp", "8");
        WeirRun.Refuse("--threshold", "recall", "--tokens", "first", "--threshold", "0");
        WeirRun.Refuse("--table", "recall", "--table", "rivers");
    }

    private static double[] Changes(string directory)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "result.json")));
        return [.. json.RootElement.GetProperty("patch").GetProperty("head_changes").EnumerateArray().SelectMany(l => l.EnumerateArray().Select(v => v.GetDouble()))];
    }
}
