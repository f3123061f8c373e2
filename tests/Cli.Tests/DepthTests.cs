using System.Text.Json;
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

        Assert.Equal([2, 3, 4], root.GetProperty("depth_score").GetProperty("levels").EnumerateArray().Select(l => l.GetProperty("level").GetInt32()));
        using SafetensorsFile tensors = SafetensorsFile.Open(Path.Combine(directory["d"], "tensors.safetensors"));
        Assert.Equal([8L, 8], tensors["effects.mlp.future.mean"].Shape.ToArray());
        Assert.Equal([9L], tensors["profile.lens_divergence.mean"].Shape.ToArray());
        Assert.True(File.Exists(Path.Combine(directory["d"], "report.html")));
        Assert.True(File.Exists(Path.Combine(directory["d"], "local_future.csv")));
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
    public void A_model_maps_onto_itself_layer_by_layer()
    {
        using var directory = new TemporaryDirectory();
        _ = WeirRun.Succeed("depth", "--prompts", "word-problems:6", "--map-to", WeirRun.Demo, "--window", "64", "--out", directory["m"]);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory["m"], "result.json")));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8], json.RootElement.GetProperty("best_targets").EnumerateArray().Select(e => e.GetInt32()));
        Assert.True(json.RootElement.GetProperty("errors")[4][4].GetDouble() < 0.01);
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
        WeirRun.Refuse("no prompt is long enough", "depth", WeirRun.Prompt, "--reach", "future");
        WeirRun.Refuse("one PROMPT", "depth", WeirRun.Prompt, WeirRun.Prompt, "--answer", " Paris");
        WeirRun.Refuse("--counterfactual", "depth", WeirRun.Prompt, "--erase-with", "counterfactual");
        WeirRun.Refuse("more than the 1", "depth", WeirRun.Prompt, "--take", "2");
        WeirRun.Refuse("ShortPrompt", "depth", "--ids", "5");
        WeirRun.Refuse("ShortText", "depth", WeirRun.Prompt, "--map-to", WeirRun.Demo);
        WeirRun.Refuse("is a file", "depth", WeirRun.Prompt, "--out", directory.Write("f", "x"));
        Assert.Single(directory.Files);
    }
}
