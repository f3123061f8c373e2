using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Weir.Cli.Tests;

/// <summary>What only a process of its own can show.</summary>
public partial class ProcessTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "weir.exe" : "weir");

    [Fact]
    public async Task It_runs_from_any_directory_and_writes_utf8()
    {
        Outcome outcome = await ShellAsync($"cd / && '{Program}' lens \"{WeirRun.Prompt}\"");
        Assert.Equal(0, outcome.Code);
        Assert.Contains("·France", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', outcome.Output);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task A_closed_pipe_ends_it_quietly()
    {
        Outcome outcome = await ShellAsync($"set -o pipefail; '{Program}' generate {string.Concat(Enumerable.Repeat("'Once upon' ", 40))} --temperature 1 --quiet | true");
        Assert.Empty(outcome.Error);
        Assert.Contains(outcome.Code, (int[])[0, 141]);
    }

    [Fact]
    public async Task A_full_disk_is_one_sentence()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is Linux's.");
        WeirRun.Refused(await ShellAsync($"'{Program}' inspect > /dev/full"), "cannot be written");
    }

    [Fact]
    public async Task A_directory_without_rights_is_one_sentence()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Directory.Exists("/proc/1"), "/proc is Linux's.");
        WeirRun.Refused(await ShellAsync($"'{Program}' tokenize a --json /proc/1/x.json"), "cannot be written");
    }

    [Fact]
    public async Task An_emulator_that_is_not_built_is_one_sentence() =>
        WeirRun.Refused(await ShellAsync($"WEIR_EMULATOR=/nowhere '{Program}' lens a --device emulated"), "make -C kernels/emulator");

    [Fact]
    public async Task Interrupting_it_leaves_no_file_and_says_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are Unix's.");
        using var directory = new TemporaryDirectory();
        var start = new ProcessStartInfo(Program)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "generate", "Once upon a time", "--max-tokens", "500", "--count", "128", "--temperature", "3", "--threads", "1", "--json", directory["out.json"] },
        };
        using Process process = Process.Start(start)!;
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        Assert.False(process.HasExited, "the run was over before it could be interrupted");
        Assert.Equal(0, Kill(process.Id, 2));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        Assert.Equal("weir: stopped.\n", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Empty(directory.Files);
    }

    private static async Task<Outcome> ShellAsync(string command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "These tests speak to a Unix shell.");
        using Process process = Process.Start(new ProcessStartInfo("/bin/bash")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "-c", command },
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Outcome(process.ExitCode, await output, await error);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
