using System.IO.Compression;
using System.Text.Json;
using Weir.Engine.Checkpoints;

namespace Weir.Cli.Tests;

public class CaptureTests
{
    [Theory]
    [InlineData("resid_post.3", "blocks.3.hook_resid_post", 6, 128)]
    [InlineData("blocks.0.attn.hook_q", "blocks.0.attn.hook_q", 6, 4, 32)]
    [InlineData("k.7", "blocks.7.attn.hook_k", 6, 2, 32)]
    [InlineData("result.1", "blocks.1.attn.hook_result", 6, 4, 128)]
    [InlineData("pattern.2", "blocks.2.attn.hook_pattern", 4, 6, 6)]
    [InlineData("mlp.post.5", "blocks.5.mlp.hook_post", 6, 384)]
    [InlineData("ln1.scale.0", "blocks.0.ln1.hook_scale", 6, 1)]
    [InlineData("logits", "logits", 6, 1024)]
    [InlineData("embed", "hook_embed", 6, 128)]
    public void Sites_have_their_names_and_shapes(string site, string name, params int[] shape)
    {
        using var directory = new TemporaryDirectory();
        string path = directory["c.safetensors"];
        Outcome outcome = WeirRun.Succeed("capture", WeirRun.Prompt, "--site", site, "--out", path);
        Assert.Contains(name, outcome.Output, StringComparison.Ordinal);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(shape, file[name].Shape.ToArray().Select(d => (int)d));
        Assert.All(file[name].ToFloat32(), x => Assert.True(float.IsFinite(x)));
        Assert.Equal(6, file["token_ids"].ToInt64().Length);
        Assert.Equal([0L, 6L], file["offsets"].ToInt64());
        using JsonDocument record = JsonDocument.Parse(file.Metadata["weir"]);
        Assert.Equal(WeirRun.Prompt, record.RootElement.GetProperty("prompts")[0].GetProperty("text").GetString());
    }

    [Fact]
    public void A_batch_is_packed_and_its_maps_stand_apart()
    {
        using var directory = new TemporaryDirectory();
        string path = directory["c.safetensors"];
        string prompts = directory.Write("p.txt", $"12 + 7 =\n{WeirRun.Prompt}\n");
        WeirRun.Succeed("capture", "--file", prompts, "--site", "resid_post.*", "--site", "pattern.0", "--out", path);
        WeirRun.Succeed("capture", WeirRun.Prompt, "--site", "resid_post.*", "--site", "pattern.0", "--out", directory["alone.safetensors"]);
        using SafetensorsFile batch = SafetensorsFile.Open(path);
        using SafetensorsFile alone = SafetensorsFile.Open(directory["alone.safetensors"]);
        long[] offsets = batch["offsets"].ToInt64();
        Assert.Equal(6, offsets[2] - offsets[1]);
        float[] rows = batch["blocks.7.hook_resid_post"].ToFloat32();
        Assert.Equal(alone["blocks.7.hook_resid_post"].ToFloat32(), rows[(int)(offsets[1] * 128)..]);
        Assert.Equal(alone["blocks.0.attn.hook_pattern"].ToFloat32(), batch["blocks.0.attn.hook_pattern.sequence.1"].ToFloat32());
    }

    [Fact]
    public void Npz_holds_the_same_and_its_metadata()
    {
        using var directory = new TemporaryDirectory();
        WeirRun.Succeed("capture", WeirRun.Prompt, "--site", "resid_post.0", "--out", directory["c.npz"]);
        using ZipArchive zip = ZipFile.OpenRead(directory["c.npz"]);
        Assert.Equal(["blocks.0.hook_resid_post.npy", "offsets.npy", "token_ids.npy", "weir.npy"], zip.Entries.Select(e => e.FullName));
        Assert.Equal(128 + (6 * 128 * 4), zip.GetEntry("blocks.0.hook_resid_post.npy")!.Length);
        using var reader = new StreamReader(zip.GetEntry("weir.npy")!.Open(), System.Text.Encoding.Latin1);
        string text = reader.ReadToEnd();
        Assert.Contains("'descr': '<U", text, StringComparison.Ordinal);
        Assert.Contains("'shape': ()", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Captured_values_are_edits_of_other_runs()
    {
        // Patching a run's own values into it changes nothing; another run's last block decides all that follows.
        using var directory = new TemporaryDirectory();
        string france = directory["france.safetensors"];
        WeirRun.Succeed("capture", WeirRun.Prompt, "--site", "resid_post.7", "--site", "resid_post.3", "--out", france);
        string patch = $"{france}#blocks.3.hook_resid_post";
        string plain = WeirRun.Succeed("lens", WeirRun.Prompt, "--json", "-").Output;
        string patched = WeirRun.Succeed("lens", WeirRun.Prompt, "--json", "-", "--replace", $"resid_post.3={patch}").Output;
        using JsonDocument a = JsonDocument.Parse(plain);
        using JsonDocument b = JsonDocument.Parse(patched);
        Assert.Equal(a.RootElement.GetProperty("prompts")[0].GetProperty("entropy").ToString(), b.RootElement.GetProperty("prompts")[0].GetProperty("entropy").ToString());
        using JsonDocument italy = JsonDocument.Parse(WeirRun.Succeed("lens", "The capital of Japan is", "--json", "-", "--replace", $"resid_post.7={france}#blocks.7.hook_resid_post").Output);
        Assert.Equal(a.RootElement.GetProperty("prompts")[0].GetProperty("top_ids")[8].ToString(), italy.RootElement.GetProperty("prompts")[0].GetProperty("top_ids")[8].ToString());
    }

    [Theory]
    [InlineData("UnknownSite", "resid_pots.3")]
    [InlineData("names layer 8", "resid_post.8")]
    [InlineData("UnsupportedSite", "blocks.0.attn.hook_out")]
    public void Unknown_sites_are_refused(string expected, string site)
    {
        using var directory = new TemporaryDirectory();
        WeirRun.Refuse(expected, "capture", WeirRun.Prompt, "--site", site, "--out", directory["c.safetensors"]);
        Assert.Empty(directory.Files);
    }

    [Fact]
    public void Bad_places_are_refused_and_nothing_is_left()
    {
        using var directory = new TemporaryDirectory();
        WeirRun.Refuse("must end in .safetensors or .npz", "capture", "a", "--site", "embed", "--out", directory["c.txt"]);
        WeirRun.Refuse("does not exist", "capture", "a", "--site", "embed", "--out", directory["no/c.npz"]);
        WeirRun.Refuse("--out", "capture", "a", "--site", "embed");
        WeirRun.Refuse("--site", "capture", "a", "--out", directory["c.npz"]);
        WeirRun.Refuse("no place for tensors", "capture", "a", "--site", "embed", "--out", "/dev/x.npz");
        Assert.Empty(directory.Files);
    }
}
