using System.Text.Json;
using Weir.Cli.Rendering;
using Weir.Engine.Checkpoints;

namespace Weir.Cli.Tests;

public class LensTests
{
    [Fact]
    public void The_last_row_is_what_the_model_says()
    {
        Outcome outcome = WeirRun.Succeed("lens", WeirRun.Prompt);
        string last = outcome.Lines.First(l => l.StartsWith("7 ", StringComparison.Ordinal));
        Assert.Matches("·P +100$", last);
        Assert.Contains("embedding at the top, last layer at the bottom", outcome.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^    7 .* 0\\.000 +100% +·P 100", outcome.Output);
    }

    [Fact]
    public void The_numbers_are_whole()
    {
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed("lens", WeirRun.Prompt, "--json", "-", "--top", "1024", "--target", " P", "--target", "id:7").Output);
        JsonElement root = Only(json);
        Assert.Equal(9, root.GetProperty("layers").GetArrayLength());
        Assert.Equal(9, json.RootElement.GetProperty("layers").GetArrayLength());
        for (int s = 0; s < 9; s++)
        {
            for (int p = 0; p < 6; p++)
            {
                double[] log = [.. root.GetProperty("top_log_probabilities")[s][p].EnumerateArray().Select(x => x.GetDouble())];
                int[] ids = [.. root.GetProperty("top_ids")[s][p].EnumerateArray().Select(x => x.GetInt32())];
                Assert.Equal(1024, ids.Distinct().Count());
                Assert.Equal(1, log.Sum(Math.Exp), 4);
                Assert.Equal(-log.Sum(x => Math.Exp(x) * x), root.GetProperty("entropy")[s][p].GetDouble(), 3);
                int target = root.GetProperty("targets")[0].GetInt32();
                Assert.Equal(log[Array.IndexOf(ids, target)], root.GetProperty("target_log_probabilities")[s][p][0].GetDouble(), 5);
                Assert.Equal(Array.IndexOf(ids, target), root.GetProperty("target_ranks")[s][p][0].GetInt32());
            }
        }

        Assert.All(root.GetProperty("kl_to_last")[8].EnumerateArray(), x => Assert.Equal(0, x.GetDouble()));
        Assert.All(root.GetProperty("top5_overlap")[8].EnumerateArray(), x => Assert.Equal(1, x.GetDouble()));
    }

    [Fact]
    public void Positions_are_a_part_of_the_whole()
    {
        using JsonDocument all = JsonDocument.Parse(WeirRun.Succeed("lens", WeirRun.Prompt, "--json", "-").Output);
        using JsonDocument part = JsonDocument.Parse(WeirRun.Succeed("lens", WeirRun.Prompt, "--json", "-", "--positions", "2..4").Output);
        Assert.Equal(2, Only(part).GetProperty("first_position").GetInt32());
        Assert.Equal("2..4", part.RootElement.GetProperty("options").GetProperty("positions").GetString());
        for (int s = 0; s < 9; s++)
        {
            Assert.Equal(2, Only(part).GetProperty("entropy")[s].GetArrayLength());
            Assert.Equal(Only(all).GetProperty("entropy")[s][3].GetDouble(), Only(part).GetProperty("entropy")[s][1].GetDouble());
        }
    }

    [Theory]
    [InlineData("recomputed")]
    [InlineData("cached-scale")]
    [InlineData("none")]
    public void Every_norm_reads(string norm)
    {
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed("lens", WeirRun.Prompt, "--json", "-", "--norm", norm, "--temperature", "2").Output);
        Assert.Equal(norm, json.RootElement.GetProperty("options").GetProperty("norm").GetString());
        Assert.All(Only(json).GetProperty("entropy").EnumerateArray().SelectMany(r => r.EnumerateArray()), x => Assert.InRange(x.GetDouble(), 0, Math.Log(1024) + 1e-3));
    }

    [Fact]
    public void Tensors_are_the_states_that_were_read()
    {
        using var directory = new TemporaryDirectory();
        string output = directory["out"];
        WeirRun.Succeed("lens", WeirRun.Prompt, "--out", output);
        WeirRun.Succeed("capture", WeirRun.Prompt, "--site", "resid_post.*", "--out", directory["capture.safetensors"]);
        using SafetensorsFile lens = SafetensorsFile.Open(Path.Combine(output, "tensors.safetensors"));
        using SafetensorsFile capture = SafetensorsFile.Open(directory["capture.safetensors"]);
        Assert.Equal([9L, 6L, 128L], lens["residuals"].Shape.ToArray());
        float[] residuals = lens["residuals"].ToFloat32();
        Assert.Equal(capture["blocks.7.hook_resid_post"].ToFloat32(), residuals[^(6 * 128)..]);
        Assert.Equal([9L, 6L], lens["entropy"].Shape.ToArray());
        Assert.Equal([9L, 6L, 5L], lens["top_ids"].Shape.ToArray());
        using JsonDocument record = JsonDocument.Parse(lens.Metadata["weir"]);
        Assert.Equal("lens", record.RootElement.GetProperty("verb").GetString());
        Assert.True(File.Exists(Path.Combine(output, "result.json")));
        Assert.True(File.Exists(Path.Combine(output, "report.html")));
    }

    [Fact]
    public void Several_prompts_have_means_with_intervals()
    {
        using var directory = new TemporaryDirectory();
        string prompts = directory.Write("prompts.txt", $"{WeirRun.Prompt}\n12 + 7 =\nOnce upon a time\n"), output = directory["out"];
        Outcome outcome = WeirRun.Succeed("lens", "--file", prompts, "--json", directory["lens.json"], "--out", output, "--modules", "--target", " P");
        Assert.Contains("then over 3 prompts; low and high", outcome.Output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(directory["lens.json"]));
        JsonElement[] each = [.. json.RootElement.GetProperty("prompts").EnumerateArray()];
        Assert.Equal(3, each.Length);
        using JsonDocument alone = JsonDocument.Parse(WeirRun.Succeed("lens", WeirRun.Prompt, "--json", "-", "--modules", "--target", " P").Output);
        Assert.Equal(Only(alone).GetProperty("entropy").ToString(), each[0].GetProperty("entropy").ToString());
        Assert.Equal(Only(alone).GetProperty("modules").ToString(), each[0].GetProperty("modules").ToString());
        JsonElement layer = json.RootElement.GetProperty("layers")[4];
        Assert.Equal(each.Average(p => p.GetProperty("entropy")[4].EnumerateArray().Average(x => x.GetDouble())), layer.GetProperty("mean_entropy").GetDouble(), 5);
        Assert.InRange(layer.GetProperty("mean_entropy").GetDouble(), layer.GetProperty("interval_entropy")[0].GetDouble(), layer.GetProperty("interval_entropy")[1].GetDouble());
        Assert.Equal(JsonValueKind.Null, alone.RootElement.GetProperty("layers")[4].GetProperty("interval_entropy")[0].ValueKind);

        // Positions of all prompts lie one after another.
        using SafetensorsFile tensors = SafetensorsFile.Open(Path.Combine(output, "tensors.safetensors"));
        int[] lengths = [.. each.Select(p => p.GetProperty("tokens").GetArrayLength())];
        Assert.Equal([9L, lengths.Sum(), 128L], tensors["residuals"].Shape.ToArray());
        Assert.Equal([8L, lengths.Sum()], tensors["mlp_out.entropy"].Shape.ToArray());
        Assert.Equal(each[1].GetProperty("entropy")[3][1].GetDouble(), tensors["entropy"].ToFloat32()[(3 * lengths.Sum()) + lengths[0] + 1], 5);
    }

    [Fact]
    public void Modules_are_what_is_added_to_the_residual()
    {
        using var directory = new TemporaryDirectory();
        Outcome outcome = WeirRun.Succeed("lens", WeirRun.Prompt, "--modules", "--norm", "none", "--json", directory["lens.json"]);
        Assert.Contains("attn_out entropy", outcome.Output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(directory["lens.json"]));
        using JsonDocument zero = JsonDocument.Parse(WeirRun.Succeed("lens", WeirRun.Prompt, "--modules", "--norm", "none", "--zero", "attn_out.3", "--json", "-").Output);
        double Mean(JsonDocument d, string module, int layer) => d.RootElement.GetProperty("modules").GetProperty(module)[layer].GetProperty("mean_entropy").GetDouble();
        Assert.Equal(Math.Log(1024), Mean(zero, "attn_out", 3), 5);
        Assert.True(Mean(json, "attn_out", 3) < Math.Log(1024) - 1e-3);
        Assert.Equal(Mean(json, "mlp_out", 2), Mean(zero, "mlp_out", 2));
        Assert.NotEqual(Mean(json, "mlp_out", 3), Mean(zero, "mlp_out", 3), 1e-4);
    }

    [Fact]
    public void Effective_depth_is_read_off_the_curves()
    {
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed("lens", WeirRun.Prompt, "--json", "-").Output);
        JsonElement root = json.RootElement, depth = root.GetProperty("effective_depth");
        double[] kl = [.. root.GetProperty("layers").EnumerateArray().Take(8).Select(l => l.GetProperty("mean_kl_to_last").GetDouble())];
        double[] overlap = [.. root.GetProperty("layers").EnumerateArray().Take(8).Select(l => l.GetProperty("mean_top5_overlap").GetDouble())];
        int expected = Array.FindIndex(kl, x => x < kl.Max() / 2);
        Assert.Equal(expected, depth.GetProperty("kl").GetInt32());
        Assert.Equal((expected + 1) / 8.0, depth.GetProperty("kl_ratio").GetDouble());
        Assert.Equal(Array.FindIndex(overlap, x => x > 0.3), depth.GetProperty("top5_overlap").GetInt32());
    }

    [Fact]
    public void Numbers_that_are_none_are_null()
    {
        using var directory = new TemporaryDirectory();
        PoisonedDemo.Copy(directory);
        PoisonedDemo.Poison(directory, "model.layers.0.mlp.gate_proj.weight");
        PoisonedDemo.Poison(directory, "model.layers.0.mlp.up_proj.weight");
        _ = WeirRun.Succeed("lens", WeirRun.Prompt, "--model", directory.Path, "--json", directory["lens.json"]);
        using JsonDocument lens = JsonDocument.Parse(File.ReadAllText(directory["lens.json"]));
        JsonElement[] layers = [.. lens.RootElement.GetProperty("layers").EnumerateArray()];
        Assert.Equal(JsonValueKind.Number, layers[0].GetProperty("mean_entropy").ValueKind);
        Assert.Equal(JsonValueKind.Null, layers[^1].GetProperty("mean_entropy").ValueKind);
    }

    [Theory]
    [InlineData("names no position of a prompt of 6 tokens", "--positions", "9..")]
    [InlineData("--positions must be a range", "--positions", "a..b")]
    [InlineData("--norm must be recomputed, cached-scale or none, not 'final'", "--norm", "final")]
    [InlineData("--top must be a whole number", "--top", "0")]
    [InlineData("--top 2000 is more than", "--top", "2000")]
    [InlineData("--temperature must be a number above 0", "--temperature", "0")]
    [InlineData("is 3 tokens", "--target", " Paris")]
    [InlineData("with the space before it", "--target", "capital")]
    [InlineData("outside the vocabulary", "--target", "id:5000")]
    [InlineData("--target needs a value, TOKEN", "--target", "")]
    [InlineData("the directory /nowhere does not exist", "--json", "/nowhere/x.json")]
    [InlineData("is a directory", "--html", "/tmp")]
    [InlineData("is a file", "--out", "/etc/hosts")]
    [InlineData("--json needs a value, FILE", "--json", "")]
    [InlineData("there is no device called 'tpu'", "--device", "tpu")]
    [InlineData("--threads must be a whole number from 1", "--threads", "0")]
    [InlineData("--vector-bits must be widest, 512, 256 or 128", "--vector-bits", "64")]
    public void Bad_options_are_refused(string expected, params string[] options) =>
        WeirRun.Refuse(expected, ["lens", WeirRun.Prompt, .. options]);

    [Fact]
    public void Every_vector_width_reads_nearly_the_same()
    {
        string[] tables = [.. new[] { "128", "256" }.Select(bits => WeirRun.Run("lens", WeirRun.Prompt, "--vector-bits", bits))
            .Where(o => o.Code == 0).Select(o => o.Output)];
        Assert.All(tables, t => Assert.Equal(tables[0].Length, t.Length));
    }

    [Fact]
    public void Colours_are_for_terminals()
    {
        Assert.DoesNotContain('\e', WeirRun.Succeed("lens", WeirRun.Prompt).Output);
        Assert.DoesNotContain('\e', WeirRun.OnTerminal(80, ColorDepth.None, "lens", WeirRun.Prompt).Output);
        Assert.DoesNotContain('\e', WeirRun.OnTerminal(80, ColorDepth.True, "lens", WeirRun.Prompt, "--no-color").Output);
        Assert.Contains("\e[38;2;", WeirRun.OnTerminal(80, ColorDepth.True, "lens", WeirRun.Prompt).Output, StringComparison.Ordinal);
        Assert.Contains("\e[38;5;", WeirRun.OnTerminal(80, ColorDepth.Palette, "lens", WeirRun.Prompt).Output, StringComparison.Ordinal);
    }

    private static JsonElement Only(JsonDocument json) => Assert.Single(json.RootElement.GetProperty("prompts").EnumerateArray());
}
