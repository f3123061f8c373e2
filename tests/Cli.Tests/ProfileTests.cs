using System.Text.Json;
using Weir.Kernels.Cuda;

namespace Weir.Cli.Tests;

/// <summary>weir profile, on the emulator.</summary>
public class ProfileTests
{
    [Fact]
    public void It_shows_every_kernel_with_its_rates()
    {
        RequireEmulator();
        Outcome outcome = WeirRun.Succeed("profile", WeirRun.Prompt, "--device", "emulated");
        Assert.Contains("The times are the emulator's", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("Limits in this run: ", outcome.Output, StringComparison.Ordinal);
        string[] norm = Row(outcome, "rms_norm");
        Assert.Equal("17", norm[1]); // Two in each of 8 layers, and the last.
        Assert.EndsWith("%", norm[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_holds_every_launch_in_its_order()
    {
        RequireEmulator();
        using var directory = new TemporaryDirectory();
        string[] arguments = ["profile", "--ids", "0,316", "--run", "lens", "--device", "emulated", "--repeat", "2", "--trace", directory["trace.json"], "--json", "-"];
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed(arguments).Output);
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(directory["trace.json"]));
        JsonElement[] launches = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray().Where(e => e.GetProperty("ph").GetString() == "X")];
        Assert.Equal(json.RootElement.GetProperty("launches").GetInt32(), launches.Length);
        Assert.Equal(launches.Length, json.RootElement.GetProperty("kernels").EnumerateArray().Sum(k => k.GetProperty("calls").GetInt32()));
        double[] starts = [.. launches.Select(l => l.GetProperty("ts").GetDouble())];
        Assert.Equal(starts.Order(), starts);
        Assert.All(launches, l => Assert.InRange(l.GetProperty("dur").GetDouble(), 0, 60e6));
        Assert.All(launches, l => Assert.Matches(@"^\d+ x \d+ x \d+$", l.GetProperty("args").GetProperty("grid").GetString()!));
        Assert.Equal(2, launches.Count(l => l.GetProperty("name").GetString()!.StartsWith("embed_", StringComparison.Ordinal)));
    }

    [Fact]
    public void One_kernel_is_shown_with_its_source_and_launch_shapes()
    {
        RequireEmulator();
        string[] arguments = ["profile", "--case", "rms-norm", "--device", "emulated", "--kernel"];
        Outcome outcome = WeirRun.Succeed([.. arguments, "rms_norm"]);
        Assert.Contains("rms_norm, in kernels/rms_norm.cu", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" registers and 0 bytes of local memory a thread", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("7 x 1 x 1", outcome.Output, StringComparison.Ordinal);
        WeirRun.Refuse("layer_norm was not launched; these were: rms_norm", [.. arguments, "layer_norm"]);
    }

    [Fact]
    public void What_cannot_be_profiled_is_one_sentence()
    {
        WeirRun.Refuse("times the kernels of a GPU", "profile", WeirRun.Prompt);
        WeirRun.Refuse("There is no work called 'nothing'", "profile", "--case", "nothing", "--device", "emulated");
        RequireEmulator();
        WeirRun.Refuse("NAME=FILE, not 'rms_norm'", "profile", WeirRun.Prompt, "--device", "emulated", "--override", "rms_norm");
        using var directory = new TemporaryDirectory();
        directory.Write("mine.ptx", "");
        WeirRun.Refuse("loads no PTX; use a real device", "profile", WeirRun.Prompt, "--device", "emulated", "--override", $"rms_norm={directory["mine.ptx"]}");
    }

    private static string[] Row(Outcome outcome, string kernel) =>
        outcome.Lines.Single(l => l.StartsWith(kernel + ' ', StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static void RequireEmulator() => Assert.SkipUnless(CudaSystem.EmulatorPath is not null, "The emulator's library is not built: make -C kernels/emulator.");
}
