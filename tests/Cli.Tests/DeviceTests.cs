namespace Weir.Cli.Tests;

/// <summary>The options that choose a device.</summary>
public class DeviceTests
{
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
}
