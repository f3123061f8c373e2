using System.Text.Json;
using System.Text.RegularExpressions;
using Weir.Engine.Checkpoints;

namespace Weir.Cli.Tests;

public sealed class DepthTests
{
    [Fact]
    public void Files_hold_what_was_measured()
    {
        using var directory = new TemporaryDirectory();
        Outcome outcome = WeirRun.Succeed("depth", "--prompts", "hops:1", "--split-step", "4", "--splits", "2", "--out", directory["d"]);
        Assert.Contains("Layer by layer", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("Depth score", outcome.Output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory["d"], "result.json")));
        JsonElement root = json.RootElement;
        foreach (string field in (string[])["prompts", "norms", "cosines", "effects", "output_effects", "local_effects", "lens_kl", "lens_top5", "erasure", "depth_score", "effective_depth", "reduction", "model", "options", "elapsed_seconds"])
        {
            Assert.True(root.TryGetProperty(field, out _), field);
        }

        Assert.Equal(3, root.GetProperty("prompts").GetArrayLength());
        JsonElement all = root.GetProperty("effects").GetProperty("layer").GetProperty("all_positions");
        for (int s = 0; s < 8; s++)
        {
            Assert.Equal(1, all.GetProperty("max")[s][s].GetDouble());
            Assert.Equal(0, root.GetProperty("effects").GetProperty("layer").GetProperty("future").GetProperty("max")[s][s].GetDouble());
            Assert.True(all.GetProperty("mean")[s][7].GetDouble() <= all.GetProperty("max")[s][7].GetDouble());
        }

        JsonElement.ArrayEnumerator levels = root.GetProperty("depth_score").GetProperty("levels").EnumerateArray();
        Assert.Equal([2, 3, 4], levels.Select(l => l.GetProperty("level").GetInt32()));
        foreach (JsonElement score in levels.SelectMany(l => (JsonElement[])[l.GetProperty("layers"), l.GetProperty("outputs")]))
        {
            // One example a level: both numbers are its own, and there is no interval.
            double own = Assert.Single(score.GetProperty("spread_of_examples").EnumerateArray()).GetDouble();
            Assert.Equal(own, score.GetProperty("max").GetDouble());
            Assert.Equal(own, score.GetProperty("mean").GetDouble());
            Assert.Equal(JsonValueKind.Null, score.GetProperty("max_low").ValueKind);
        }

        // The answer's last token has no column, and no gradients are measured.
        JsonElement map = root.GetProperty("erasure").GetProperty("maps")[0];
        Assert.Equal(9, map.GetArrayLength());
        Assert.Equal(root.GetProperty("prompts")[0].GetProperty("token_ids").GetArrayLength() - 1, map[0].GetArrayLength());
        Assert.Equal(["profile", "effects", "local", "erasure", "score"], root.GetProperty("measures").EnumerateArray().Select(m => m.GetString()));
        Assert.Contains("backward pass", root.GetProperty("not_measurable").GetProperty("ig").GetString(), StringComparison.Ordinal);
        Assert.False(root.TryGetProperty("ig", out _));
        using SafetensorsFile tensors = SafetensorsFile.Open(Path.Combine(directory["d"], "tensors.safetensors"));
        Assert.Equal([8L, 8], tensors["effects.mlp.future.mean"].Shape.ToArray());
        Assert.Equal([9L], tensors["profile.lens_divergence.mean"].Shape.ToArray());
        Assert.True(File.Exists(Path.Combine(directory["d"], "report.html")));
        Assert.True(File.Exists(Path.Combine(directory["d"], "local_future.csv")));
    }

    /// <summary>At the usual width of a terminal every column that is shown is whole; the files name each.</summary>
    [Fact]
    public void Eighty_columns_hold_every_number()
    {
        using var directory = new TemporaryDirectory();
        void Holds(string headers, int columns, string file, params string[] line)
        {
            string[] lines = [.. WeirRun.OnTerminal(80, Rendering.ColorDepth.None, ["depth", .. line, "--quiet", "--out", directory[file]]).Lines.SkipWhile(l => !Regex.IsMatch(l, $"^{headers}$"))];
            Assert.True(lines.Length > 3, headers);
            Assert.All(lines.Skip(1).TakeWhile(l => l.Length > 0), l => Assert.Equal(columns, Regex.Count(l, "(^| )(-?[0-9.]+(E[-+][0-9]+)?|layers|output|-)(?= |$)")));
            string[] names = File.ReadLines(Path.Combine(directory[file], $"{file}.csv")).First().Split(',');
            Assert.Equal(names.Length, names.Distinct().Count());
        }

        Holds("level +by +n +max +low +high +mean +low +high +from +to", 11, "depth_score", "--prompts", "hops:2", "--measure", "score");
        Holds("from +to +error +low +high +constant +R2 +low +high +ridge", 10, "best", "--prompts", "word-problems:6", "--map-to", WeirRun.Demo, "--window", "64", "--ridge", "0.1,10");
    }

    [Fact]
    public void Streamed_weights_change_no_digit_and_the_plan_says_so()
    {
        string[] line = ["depth", WeirRun.Prompt, "--answer", " Paris", "--split-step", "3"];
        Assert.Equal(WeirRun.Succeed(line).Output, WeirRun.Succeed([.. line, "--stream-weights", "--memory", "1"]).Output);
        Assert.Contains("one block at a time", WeirRun.Succeed([.. line, "--stream-weights", "--plan"]).Error, StringComparison.Ordinal);
        Assert.Contains("all on the device", WeirRun.Succeed("sweep", WeirRun.Prompt, "--plan").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Means_stand_beside_their_own_intervals()
    {
        // One long prompt and three short ones: the mean over tokens is not near the mean of the prompts' means.
        using var directory = new TemporaryDirectory();
        string prompts = directory.Write("p", $"{string.Join(' ', Enumerable.Repeat("The capital of France is Paris.", 12))}\n{WeirRun.Prompt}\nThe\nOne two\n");
        _ = WeirRun.Succeed("depth", "--file", prompts, "--measure", "profile,effects", "--leave-out", "layer", "--reach", "all", "--out", directory["d"]);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory["d"], "result.json")));
        JsonElement root = json.RootElement;
        int compared = 0;
        foreach (JsonElement curve in root.GetProperty("norms").EnumerateObject().Concat(root.GetProperty("cosines").EnumerateObject()).Select(p => p.Value)
            .Append(root.GetProperty("lens_kl")).Append(root.GetProperty("lens_top5")).Append(root.GetProperty("output_effects").GetProperty("layer").GetProperty("all_positions")))
        {
            Assert.False(curve.TryGetProperty("low", out _));
            for (int l = 0; l < curve.GetProperty("mean").GetArrayLength(); l++)
            {
                double mean = curve.GetProperty("mean")[l].GetDouble(), slack = 1e-7 * Math.Max(1, Math.Abs(mean));
                Assert.InRange(mean, curve.GetProperty("mean_low")[l].GetDouble() - slack, curve.GetProperty("mean_high")[l].GetDouble() + slack);
                Assert.True(curve.GetProperty("max")[l].GetDouble() >= mean - slack);
                compared++;
            }
        }

        Assert.True(compared > 100);
        string csv = File.ReadAllText(Path.Combine(directory["d"], "output_all_positions.csv"));
        Assert.StartsWith("layer left out,\"layer, mean\",\"layer, mean low\",\"layer, mean high\",\"layer, max\"", csv, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_are_none_are_null()
    {
        // The last norm's first weight is infinite, so that every logit is infinite or not a number.
        using var directory = new TemporaryDirectory();
        PoisonedDemo.Copy(directory);
        foreach ((string tensor, string name) in ((string, string)[])[("model.norm.weight", "logits"), ("model.layers.3.mlp.down_proj.weight", "states")])
        {
            PoisonedDemo.Poison(directory, tensor);
            _ = WeirRun.Succeed("depth", WeirRun.Prompt, "--answer", " Paris", "--split-step", "2", "--model", directory.Path, "--out", directory[name]);
            string text = File.ReadAllText(Path.Combine(directory[name], "result.json"));
            using JsonDocument json = JsonDocument.Parse(text);
            Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("lens_kl").GetProperty("mean")[0].ValueKind);
            Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("lens_kl").GetProperty("max")[0].ValueKind);
            Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("output_effects").GetProperty("layer").GetProperty("all_positions").GetProperty("max")[0].ValueKind);
            Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("erasure").GetProperty("maps")[0][0][1].ValueKind);
            Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("depth_score").GetProperty("levels")[0].GetProperty("outputs").GetProperty("max").ValueKind);
            Assert.Equal(JsonValueKind.Number, json.RootElement.GetProperty("norms").GetProperty("residual_norm").GetProperty("mean")[2].ValueKind);
            Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Options_that_nothing_looks_at_are_refused()
    {
        void Refuse(string expected, params string[] line) => WeirRun.Refuse(expected, ["depth", WeirRun.Prompt, .. line]);
        Refuse("--erase-with counterfactual", "--counterfactual", "The");
        Refuse("--counterfactual belongs to erasure", "--measure", "profile", "--counterfactual", "The");
        Refuse("--erase belongs", "--measure", "effects", "--erase", "1");
        Refuse("--erase 2 is more", "--erase", "2");
        Refuse("--leave-out belongs to effects", "--measure", "local", "--leave-out", "mlp");
        Refuse("--plan belongs to effects", "--measure", "profile", "--plan");
        Refuse("--reduce belongs", "--measure", "profile,erasure,score", "--reduce", "mean");
        Refuse("--from belongs", "--measure", "profile", "--from", "2");
        Refuse("--reach says how", "--measure", "score", "--answer", " Paris", "--reach", "all");
        Refuse("--splits says how", "--reach", "all", "--splits", "2");
        Refuse("--split-seed says how", "--measure", "local", "--reach", "all", "--split-seed", "2");
        Refuse("--exclude-first belongs", "--measure", "effects", "--exclude-first");
        Refuse("--ridge belongs to maps", "--ridge", "1");
        Refuse("--map-contributions belongs to maps", "--map-contributions");
        Refuse("--measure belongs to the analyses", "--map-to", WeirRun.Demo, "--measure", "profile");
        Refuse("--plan belongs to the analyses", "--map-to", WeirRun.Demo, "--plan");
        Refuse("--ridge must be numbers", "--map-to", WeirRun.Demo, "--ridge", "1,-1");
        Refuse("--choose says which", "--choose", "random");
        Refuse("--instruction is of word problems", "--instruction", "Think.");
        WeirRun.Refuse("--instruction is of word problems", "depth", "--prompts", "hops:1", "--instruction", "Think.");
        Refuse("--seed draws", "--seed", "7");
        Refuse("--exclude-first leaves position 0 out", "--measure", "erasure", "--erase-with", "counterfactual", "--counterfactual", "One two three", "--exclude-first");
    }

    [Fact]
    public void A_counterfactual_is_another_prompt_and_the_result_says_which()
    {
        WeirRun.Refuse("--counterfactual", "depth", "--prompts", "sum", "--measure", "erasure", "--erase-with", "counterfactual");
        WeirRun.Refuse("--counterfactual", "depth", "--prompts", "two-hop", "--measure", "erasure", "--erase-with", "counterfactual");
        using var directory = new TemporaryDirectory();
        foreach ((string name, string[] line) in ((string, string[])[])[("drawn", ["--prompts", "arithmetic:1"]), ("given", ["--prompts", "sum", "--counterfactual", "One two three four"])])
        {
            _ = WeirRun.Succeed(["depth", .. line, "--measure", "erasure", "--erase-with", "counterfactual", "--out", directory[name]]);
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory[name], "result.json")));
            JsonElement other = json.RootElement.GetProperty("erasure").GetProperty("counterfactual"), prompt = json.RootElement.GetProperty("prompts")[0];
            Assert.NotEqual(prompt.GetProperty("text").GetString(), other.GetProperty("text").GetString());
            Assert.Equal(name == "given", other.GetProperty("text").GetString() == "One two three four");
            Assert.True(other.GetProperty("token_ids").GetArrayLength() > 3);
        }
    }

    [Fact]
    public void Where_nothing_can_be_split_the_true_way_out_is_told()
    {
        WeirRun.Refuse("a smaller --from", "depth", "--prompts", "arithmetic:5", "--measure", "score", "--from", "60");
        WeirRun.Refuse("a smaller --from", "depth", "--prompts", "arithmetic:5", "--measure", "effects", "--reach", "future", "--from", "60");
        WeirRun.Refuse("a smaller --split-step", "depth", WeirRun.Prompt, "--measure", "effects", "--reach", "future");
        Outcome outcome = WeirRun.Succeed("depth", "--prompts", "word-problems:1", "--measure", "effects", "--leave-out", "layer", "--from", "100");
        Assert.DoesNotContain("--split-step", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_penalty_without_a_solution_is_not_chosen_and_too_little_memory_is_told()
    {
        using var directory = new TemporaryDirectory();
        string[] line = ["depth", "--prompts", "arithmetic:20", "--map-to", WeirRun.Demo];
        Outcome outcome = WeirRun.Succeed([.. line, "--ridge", "0,1e-5,1e-2", "--memory", "1", "--out", directory["m"]]);
        Assert.Contains("more than the 1.00 MiB of --memory", outcome.Error, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory["m"], "result.json")));

        // The embeddings of the few tokens that such prompts have are singular; later states are not, and map best onto themselves without a penalty.
        JsonElement chosen = json.RootElement.GetProperty("chosen_ridges");
        Assert.All(chosen[0].EnumerateArray(), r => Assert.True(r.GetDouble() > 0));
        Assert.Equal(0, chosen[4][4].GetDouble());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("validation_errors")[0][0][0].ValueKind);
        WeirRun.Refuse("SingularFit", [.. line, "--ridge", "0"]);
    }

    [Fact]
    public void A_model_maps_onto_itself_layer_by_layer()
    {
        using var directory = new TemporaryDirectory();
        _ = WeirRun.Succeed("depth", "--prompts", "word-problems:6", "--map-to", WeirRun.Demo, "--window", "64", "--out", directory["m"]);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory["m"], "result.json")));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8], json.RootElement.GetProperty("best_targets").EnumerateArray().Select(e => e.GetInt32()));
        Assert.True(json.RootElement.GetProperty("errors")[4][4].GetDouble() < 0.01);
        Assert.True(json.RootElement.GetProperty("r_squared")[4][4].GetDouble() is > 0.99 and <= 1);
        Assert.InRange(json.RootElement.GetProperty("best_errors")[4].GetDouble(), json.RootElement.GetProperty("best_errors_low")[4].GetDouble(), json.RootElement.GetProperty("best_errors_high")[4].GetDouble());
        Assert.True(json.RootElement.GetProperty("fitted_tokens").GetInt32() > json.RootElement.GetProperty("tested_tokens").GetInt32());
    }

    [Fact]
    public void Wrong_input_is_refused_in_a_sentence()
    {
        using var directory = new TemporaryDirectory();
        WeirRun.Refuse("PROMPT is missing", "depth");
        WeirRun.Refuse("no generator", "depth", "--prompts", "riddles:3");
        WeirRun.Refuse("number of prompts", "depth", "--prompts", "hops:x");
        WeirRun.Refuse("leave PROMPT", "depth", WeirRun.Prompt, "--prompts", "hops:1");
        WeirRun.Refuse("--measure", "depth", WeirRun.Prompt, "--measure", "ig");
        WeirRun.Refuse("--leave-out", "depth", WeirRun.Prompt, "--leave-out", "head");
        WeirRun.Refuse("no prompt is longer than 12 tokens", "depth", WeirRun.Prompt, "--reach", "future");
        WeirRun.Refuse("one PROMPT", "depth", WeirRun.Prompt, WeirRun.Prompt, "--answer", " Paris");
        WeirRun.Refuse("--counterfactual", "depth", WeirRun.Prompt, "--erase-with", "counterfactual");
        WeirRun.Refuse("more than the 1", "depth", WeirRun.Prompt, "--take", "2");
        WeirRun.Refuse("ShortPrompt", "depth", "--ids", "5");
        WeirRun.Refuse("ShortText", "depth", WeirRun.Prompt, "--map-to", WeirRun.Demo);
        WeirRun.Refuse("is a file", "depth", WeirRun.Prompt, "--out", directory.Write("f", "x"));
        Assert.Single(directory.Files);
    }
}
