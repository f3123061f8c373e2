using System.Text.Json;

namespace Weir.Cli.Tests;

/// <summary>The options that choose a device.</summary>
public class DeviceTests
{
    private static readonly string[] Emulated = ["--device", "emulated"];

    [Theory]
    [InlineData("there is no device called 'gpu'", "--device", "gpu")]
    [InlineData("there is no device called 'cpu:1'", "--device", "cpu:1")]
    [InlineData("there is no device called 'cuda:one'", "--device", "cuda:one")]
    [InlineData("there is no device called 'emulated:75'", "--device", "emulated:75")]
    [InlineData("There is no CUDA d", "--device", "cuda:99")] // Driver, or device 99.
    [InlineData("--device needs a value, DEVICE", "--device", "")]
    [InlineData("are the CPU's to choose", "--device", "cuda", "--threads", "2")]
    [InlineData("are the CPU's to choose", "--device", "emulated", "--vector-bits", "256")]
    [InlineData("computes in f32", "--precision", "stored")]
    [InlineData("--precision must be stored or f32, not 'f64'", "--precision", "f64")]
    public void What_no_device_can_do_is_one_sentence(string expected, params string[] options) =>
        WeirRun.Refuse(expected, ["lens", WeirRun.Prompt, .. options]);

    [Fact]
    public void The_cpu_is_as_precise_and_as_deterministic_as_can_be_asked() =>
        Assert.Equal(
            WeirRun.Succeed("lens", WeirRun.Prompt).Output,
            WeirRun.Succeed("lens", WeirRun.Prompt, "--device", "cpu", "--precision", "f32", "--deterministic").Output);

    [Fact]
    public void The_kernels_of_the_gpu_print_what_the_cpu_prints()
    {
        string[] lens = ["lens", "The capital", "--top", "2"];
        string[] generate = ["generate", "The capital of France is", "--max-tokens", "6", "--skip", "mlp_out.2"];
        foreach (string[] verb in (string[][])[lens, generate])
        {
            Assert.Equal(WeirRun.Succeed(verb).Output, WeirRun.Succeed([.. verb, .. Emulated, "--precision", "f32"]).Output);
        }
    }

    [Fact]
    public void Parity_is_in_f32_and_its_file_says_so()
    {
        string fixture = RepositoryRoot.Fixture("models", "qwen2");
        using var directory = new TemporaryDirectory();
        WeirRun.Succeed(["parity", fixture, "--json", directory["parity.json"], .. Emulated]);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(directory["parity.json"]));
        JsonElement options = json.RootElement.GetProperty("options");
        Assert.Equal("emulated:80", options.GetProperty("device").GetString());
        Assert.Equal("f32", options.GetProperty("precision").GetString());
        Assert.False(options.GetProperty("deterministic").GetBoolean());
        Assert.Equal(JsonValueKind.Null, options.GetProperty("threads").ValueKind);
        Assert.Contains("Emulated CUDA", json.RootElement.GetProperty("device").GetString(), StringComparison.Ordinal);
        WeirRun.Refused(WeirRun.Run(["parity", fixture, "--precision", "stored", .. Emulated]), "ParityFailed");
    }

    [Fact]
    public void A_capture_of_either_body_is_a_file()
    {
        using var directory = new TemporaryDirectory();
        string[] capture = ["capture", "--ids", "5,6,7", "--model", RepositoryRoot.Fixture("models", "pythia"), "--site", "resid_post.*", "--site", "pattern.1"];
        WeirRun.Succeed([.. capture, "--out", directory["80.safetensors"], .. Emulated]);
        WeirRun.Succeed([.. capture, "--out", directory["90.npz"], "--device", "emulated:90", "--deterministic"]);
        Assert.Equal(["80.safetensors", "90.npz"], directory.Files);
    }
}
