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
        JsonElement root = json.RootElement;
        Assert.Equal(9, root.GetProperty("layers").GetArrayLength());
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
        Assert.Equal(2, part.RootElement.GetProperty("first_position").GetInt32());
        Assert.Equal("2..4", part.RootElement.GetProperty("options").GetProperty("positions").GetString());
        for (int s = 0; s < 9; s++)
        {
            Assert.Equal(2, part.RootElement.GetProperty("entropy")[s].GetArrayLength());
            Assert.Equal(all.RootElement.GetProperty("entropy")[s][3].GetDouble(), part.RootElement.GetProperty("entropy")[s][1].GetDouble());
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
        Assert.All(json.RootElement.GetProperty("entropy").EnumerateArray().SelectMany(r => r.EnumerateArray()), x => Assert.InRange(x.GetDouble(), 0, Math.Log(1024) + 1e-3));
    }

    [Fact]
    public void Tensors_are_the_states_that_were_read()
    {
        using var directory = new TemporaryDirectory();
        string output = directory["out"];
        WeirRun.Succeed("lens", WeirRun.Prompt, "--out", output);
        WeirRun.Succeed("capture", WeirRun.Prompt, "--site", "resid_post.*", "--out", directory["capture.safetensors"]);
        using SafetensorsFile lens = SafetensorsFile.Open(Path.Combine(output, "lens.safetensors"));
        using SafetensorsFile capture = SafetensorsFile.Open(directory["capture.safetensors"]);
        Assert.Equal([9L, 6L, 128L], lens["residuals"].Shape.ToArray());
        float[] residuals = lens["residuals"].ToFloat32();
        Assert.Equal(capture["blocks.7.hook_resid_post"].ToFloat32(), residuals[^(6 * 128)..]);
        Assert.Equal([9L, 6L], lens["entropy"].Shape.ToArray());
        Assert.Equal([9L, 6L, 5L], lens["top_ids"].Shape.ToArray());
        using JsonDocument record = JsonDocument.Parse(lens.Metadata["weir"]);
        Assert.Equal("lens", record.RootElement.GetProperty("verb").GetString());
        Assert.True(File.Exists(Path.Combine(output, "lens.json")));
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
    [InlineData("--target needs a token", "--target", "")]
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
}
