using System.Text.Json;
using Weir.Engine.Hooks;

namespace Weir.Cli.Tests;

public class InspectTests
{
    [Fact]
    public void It_shows_the_model_and_every_site()
    {
        Outcome outcome = WeirRun.Succeed("inspect");
        Assert.Contains("1,706,112", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("8 layers, width 128, vocabulary 1,024, context 512", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("3.25 MiB as stored, bf16", outcome.Output, StringComparison.Ordinal);
        Assert.All(SiteCatalog.All, site => Assert.Contains(site.Name, outcome.Output, StringComparison.Ordinal));
        Assert.Contains("it does not norm sublayer outputs", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_directory_can_stand_in_two_places() =>
        Assert.Equal(WeirRun.Succeed("inspect", WeirRun.Demo).Output, WeirRun.Succeed("inspect", "--model", WeirRun.Demo).Output);

    [Fact]
    public void As_json_it_says_the_same()
    {
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed("inspect", "--json", "-").Output);
        JsonElement root = json.RootElement;
        Assert.Equal(1706112, root.GetProperty("parameters").GetInt64());
        Assert.Equal(3412224, root.GetProperty("weight_bytes").GetInt64());
        Assert.Equal(2 * 8 * 64 * 4, root.GetProperty("key_value_bytes_per_token").GetInt32());
        Assert.Equal(9L * 512 * 128 * 4, root.GetProperty("residual_bytes").GetInt64());
        Assert.Equal(64, root.GetProperty("model").GetProperty("hash").GetString()!.Length);
        Assert.Equal(SiteCatalog.All.Count, root.GetProperty("sites").GetArrayLength());
        Assert.Equal(0, root.GetProperty("tokenizer").GetProperty("special").GetProperty("<|endoftext|>").GetInt32());
    }

    [Fact]
    public void A_directory_that_is_no_model_is_refused()
    {
        using var directory = new TemporaryDirectory();
        WeirRun.Refuse("does not exist", "inspect", directory["nothing"]);
        WeirRun.Refuse("FileMissing", "inspect", directory.Path);
        File.Copy(Path.Combine(WeirRun.Demo, "model.safetensors"), directory["model.safetensors"]);
        directory.Write("config.json", "{ \"model_type\": ");
        WeirRun.Refuse("InvalidJson", "inspect", directory.Path);
        directory.Write("config.json", "{ \"model_type\": \"mamba\" }");
        WeirRun.Refuse("UnsupportedArchitecture", "inspect", directory.Path);
    }
}
