using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Cli.Rendering;

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
        foreach (string name in (string[])["result.json", "report.html", "tensors.safetensors", "senders.csv", "movers.csv", "mitigations.csv", "costs.csv"])
        {
            Assert.Contains(name, files);
        }

        using JsonDocument json = Results(directory["out"]);
        JsonElement results = json.RootElement;
        JsonElement dla = results.GetProperty("dla");
        Assert.Equal(dla.GetProperty("logit").GetDouble(), dla.GetProperty("sum").GetDouble(), 1e-4);
        Assert.Equal(8, results.GetProperty("patch").GetProperty("heads").GetArrayLength());
        Assert.Equal(45, results.GetProperty("patch").GetProperty("n").GetInt32());
        JsonElement[] movers = [.. results.GetProperty("mover").EnumerateArray()];
        Assert.Contains(movers, m => m.GetProperty("l").GetInt32() == 1 && m.GetProperty("points").EnumerateArray().Average(p => p.GetProperty("attn").GetDouble()) > 0.8);
        JsonElement[] mitigations = [.. results.GetProperty("final").GetProperty("mitigations").EnumerateArray()];
        Assert.Equal(0, mitigations.First(m => m.GetProperty("id").GetString() == "mlp").GetProperty("kl_nats").GetDouble(), 1e-6);
        Assert.Equal(["none", "mlp", "unigram", "heads", "regress"], mitigations.Select(m => m.GetProperty("id").GetString()!).Distinct());
        Assert.All(mitigations, m => Assert.Equal("held-out items", m.GetProperty("scored_on").GetString()));
        JsonElement[] folds = [.. results.GetProperty("final").GetProperty("folds").EnumerateArray()];
        Assert.Equal(5, folds.Length);
        Assert.All(folds, f => Assert.Equal(5, f.GetProperty("held_out_items").GetArrayLength()));
        Assert.False(results.TryGetProperty("pi", out _));
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

        // One item chooses nothing that others could score.
        using JsonDocument json = Results(directory["quick"]);
        JsonElement final = json.RootElement.GetProperty("final");
        Assert.Equal(0, final.GetProperty("folds").GetArrayLength());
        Assert.DoesNotContain("heads", final.GetProperty("mitigations").EnumerateArray().Select(m => m.GetProperty("id").GetString()));
    }

    [Fact]
    public void Eighty_columns_hold_every_number()
    {
        Outcome outcome = WeirRun.OnTerminal(80, ColorDepth.None, "recall", "--tokens", "first", "--prompts", "20");
        string[] numbers = [.. outcome.Lines.Where(l => l.StartsWith('L') || l.StartsWith("together", StringComparison.Ordinal) || l.StartsWith("regress", StringComparison.Ordinal))];
        Assert.True(numbers.Length > 20, $"{numbers.Length} lines");
        Assert.All(numbers, l => Assert.DoesNotContain("…", l, StringComparison.Ordinal));
    }

    [Fact]
    public void Paths_may_end_in_the_queries_of_heads()
    {
        using var directory = new TemporaryDirectory();
        Outcome outcome = WeirRun.Succeed(
            "recall", WeirRun.Prompt, "--answer", " Paris", "--topic", " France", "--corrupt", "The capital of Spain was", "--receiver", "q:1.0,1.1", "--out", directory["out"]);
        Assert.Contains("Path patching to the query of L1H0, the query of L1H1", outcome.Output, StringComparison.Ordinal);
        using JsonDocument json = Results(directory["out"]);
        Assert.Equal("the query of L1H0, the query of L1H1, last position", json.RootElement.GetProperty("patch").GetProperty("receiver").GetString());
        double[] changes = Changes(directory["out"]);
        Assert.Contains(changes[..4], v => Math.Abs(v) > 1e-4);
        Assert.All(changes[4..], v => Assert.Equal(0, v));
    }

    [Fact]
    public void Token_ids_say_what_their_text_says()
    {
        using var directory = new TemporaryDirectory();
        _ = WeirRun.Succeed("recall", WeirRun.Prompt, "--answer", " P", "--topic", " France", "--corrupt", "The capital of Italy is", "--out", directory["text"]);
        string[] ids = ["recall", "--ids", "0,316,380,265,966,260", "--answer", "id:411", "--topic", "id:966", "--corrupt-ids", "0,316,380,265,958,260", "--out"];
        _ = WeirRun.Succeed([.. ids, directory["ids"]]);
        Assert.Equal(Changes(directory["text"]), Changes(directory["ids"]));
    }

    [Fact]
    public void A_model_without_a_tokenizer_is_asked_in_ids()
    {
        string model = Path.Combine(RepositoryRoot.Path, "tests", "fixtures", "models", "gemma2");
        Outcome outcome = WeirRun.Succeed("recall", "--model", model, "--ids", "1,5,9,3", "--answer", "id:7", "--topic", "id:9", "--corrupt-ids", "1,5,11,3");
        Assert.Contains("token ids drawn at random", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_in_front_of_a_softcap_are_said_to_be()
    {
        // The fixture has 512 tokens: those that the demo model's tokenizer learned first.
        using var directory = new TemporaryDirectory();
        foreach (string file in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(RepositoryRoot.Path, "tests", "fixtures", "models", "gemma2", file), directory[file]);
        }

        JsonNode tokenizer = JsonNode.Parse(File.ReadAllText(Path.Combine(WeirRun.Demo, "tokenizer.json")))!;
        JsonObject vocabulary = tokenizer["model"]!["vocab"]!.AsObject();
        foreach (string piece in vocabulary.Where(p => p.Value!.GetValue<int>() >= 512).Select(p => p.Key).ToArray())
        {
            vocabulary.Remove(piece);
        }

        tokenizer["model"]!["merges"] = new JsonArray([.. tokenizer["model"]!["merges"]!.AsArray().Where(m => vocabulary.ContainsKey($"{m![0]}{m[1]}")).Select(m => m!.DeepClone())]);
        _ = directory.Write("tokenizer.json", tokenizer.ToJsonString());
        string[] line = ["recall", WeirRun.Prompt, "--answer", " Paris", "--topic", " France", "--corrupt", "The capital of Spain is", "--model", directory.Path, "--out"];
        Assert.Contains("logit before softcap", WeirRun.Succeed([.. line, directory["quick"]]).Output, StringComparison.Ordinal);
        _ = WeirRun.Succeed([.. line, directory["four"], "--oracle"]);
        foreach (string name in (string[])["quick", "four"])
        {
            using JsonDocument json = Results(directory[name]);
            Assert.Equal("before softcap", json.RootElement.GetProperty("pi").GetString());
            Assert.Equal(json.RootElement.GetProperty("dla").GetProperty("sum").GetDouble(), json.RootElement.GetProperty("patch").GetProperty("pi_clean_mean").GetDouble(), 1e-4);
        }

        double[] quick = Changes(directory["quick"]), four = Changes(directory["four"]);
        Assert.Contains(quick, v => Math.Abs(v) > 1e-2);
        Assert.All(quick.Zip(four), p => Assert.Equal(p.Second, p.First, 1e-4));
    }

    [Fact]
    public void Numbers_that_are_none_are_null_and_no_rank()
    {
        using var directory = new TemporaryDirectory();
        PoisonedDemo.Copy(directory);
        PoisonedDemo.Poison(directory, "model.layers.3.mlp.down_proj.weight");
        Outcome outcome = WeirRun.Succeed("recall", "--tokens", "first", "--prompts", "20", "--model", directory.Path, "--out", directory["out"]);
        Assert.Contains("20 of 20 prompts have no finite value", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("no prompt has a finite value", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", outcome.Output, StringComparison.Ordinal);
        using JsonDocument json = Results(directory["out"]);
        JsonElement results = json.RootElement;
        Assert.Equal(0, results.GetProperty("patch").GetProperty("n_finite").GetInt32());
        Assert.Equal(0, results.GetProperty("dla").GetProperty("n").GetInt32());
        JsonElement baseline = results.GetProperty("baseline"), mitigation = results.GetProperty("final").GetProperty("mitigations")[0];
        JsonElement[] none =
        [
            .. ((string[])["pi", "p", "rank", "top"]).Select(n => baseline.GetProperty(n)[0]), results.GetProperty("patch").GetProperty("pi_clean_mean"),
            results.GetProperty("patch").GetProperty("heads")[5][0], results.GetProperty("dla").GetProperty("sum"), results.GetProperty("dla").GetProperty("abs_error"),
            .. ((string[])["p", "p_gain", "rank", "acc", "kl_nats", "kl_nats_high"]).Select(n => mitigation.GetProperty(n)),
        ];
        Assert.All(none, n => Assert.Equal(JsonValueKind.Null, n.ValueKind));
        Assert.Equal(0, mitigation.GetProperty("n").GetInt32());
        Assert.Equal(0, mitigation.GetProperty("kl_texts").GetInt32());
        Assert.Equal(0, results.GetProperty("mlpfit").EnumerateArray().Last().GetProperty("n").GetInt32());
    }

    [Fact]
    public void Trap5_scores_that_divide_by_next_to_nothing_are_warned_of()
    {
        string[] line = ["recall", WeirRun.Prompt, "--topic", " France", "--answer"];
        Assert.Contains("read the changes instead", WeirRun.Succeed([.. line, " in"]).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("read the changes instead", WeirRun.Succeed([.. line, " is"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_asked_is_refused()
    {
        WeirRun.Refuse("--tokens first", "recall");
        WeirRun.Refuse("--answer", "recall", WeirRun.Prompt);
        WeirRun.Refuse("PROMPT, which is missing", "recall", "--answer", " Paris");
        WeirRun.Refuse("--corrupt", "recall", "The capital of Atlantis is", "--answer", " Paris", "--topic", "Atlantis");
        WeirRun.Refuse("has no 'Spain'", "recall", WeirRun.Prompt, "--answer", " Paris", "--topic", "Spain");
        string[] ids = ["recall", "--ids", "0,316,380", "--answer", "id:411", "--topic"];
        WeirRun.Refuse("--ids needs --corrupt-ids", [.. ids, "id:316"]);
        WeirRun.Refuse("give --corrupt-ids", [.. ids, "id:316", "--corrupt", "a text"]);
        WeirRun.Refuse("has no 317", [.. ids, "id:317", "--corrupt-ids", "0,317,380"]);
        WeirRun.Refuse("such as id:312", [.. ids, "The", "--corrupt-ids", "0,317,380"]);
        WeirRun.Refuse("--corrupt-ids must be token ids", [.. ids, "id:316", "--corrupt-ids", "0,x"]);
        WeirRun.Refuse("goes with --ids", "recall", WeirRun.Prompt, "--answer", " P", "--topic", " France", "--corrupt-ids", "1,2");
        WeirRun.Refuse("no noun", "recall", "--tokens", "first", "--table", "languages", "--corruption", "relation");
        WeirRun.Refuse("There is no MLP 8", "recall", "--tokens", "first", "--mlp", "8");
        WeirRun.Refuse("--threshold", "recall", "--tokens", "first", "--threshold", "0");
        WeirRun.Refuse("--table", "recall", "--table", "rivers");
        foreach (string receiver in (string[])["q", "r:1.0", "q:1", "q:1.0,", "q:1.-1", "q:1.0:2.0"])
        {
            WeirRun.Refuse("such as q:9.6,9.8", "recall", "--tokens", "first", "--receiver", receiver);
        }

        WeirRun.Refuse("There is no key 1.2", "recall", "--tokens", "first", "--receiver", "k:1.2");
        WeirRun.Refuse("There is no query 8.0", "recall", "--tokens", "first", "--receiver", "q:1.0,8.0");
        WeirRun.Refuse("take a later layer", "recall", "--tokens", "first", "--receiver", "v:0.0");
        WeirRun.Refuse("--oracle says nothing", "recall", "--tokens", "first", "--receiver", "q:1.0", "--oracle");
        foreach (string[] option in (string[][])[["--table", "languages"], ["--tokens", "first"], ["--shots", "1"], ["--prompts", "3"], ["--ridge", "1"]])
        {
            WeirRun.Refuse($"{option[0]} belongs to a table", ["recall", WeirRun.Prompt, "--answer", " Paris", "--topic", " France", .. option]);
        }
    }

    private static JsonDocument Results(string directory) => JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "result.json")));

    private static double[] Changes(string directory)
    {
        using JsonDocument json = Results(directory);
        return [.. json.RootElement.GetProperty("patch").GetProperty("head_changes").EnumerateArray().SelectMany(l => l.EnumerateArray().Select(v => v.GetDouble()))];
    }
}
