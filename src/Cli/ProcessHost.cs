using System.Runtime.InteropServices;
using System.Text;
using Weir.Cli.Output;

namespace Weir.Cli;

/// <summary>The program as a process: standard streams in UTF-8, signals, exit code.</summary>
internal static class ProcessHost
{
    // A pass over one layer of a large model can take this long before it looks at the token.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>Runs the program on the process's own streams.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (OperatingSystem.IsWindows())
        {
            Console.OutputEncoding = Encoding.UTF8;
        }

        using var interrupt = new CancellationTokenSource();
        int signalExit = ExitCode.Interrupted;
        void Stop(PosixSignalContext context, int exit)
        {
            // A second signal ends the process at once.
            context.Cancel = !interrupt.IsCancellationRequested;
            signalExit = exit;
            interrupt.Cancel();
        }

        using PosixSignalRegistration keyboard = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => Stop(c, ExitCode.Interrupted));
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => Stop(c, ExitCode.Terminated));
        using var output = new StreamWriter(StandardStream.Open(1), new UTF8Encoding(false), 1 << 14);
        using var error = new StreamWriter(StandardStream.Open(2), new UTF8Encoding(false), 1 << 10) { AutoFlush = true };
        Task<int> work = Task.Run(() => WeirProgram.Run(args, output, error, OpenInput, TerminalSettings.Detect(), interrupt.Token));
        var stopped = new TaskCompletionSource();
        using CancellationTokenRegistration registration = interrupt.Token.Register(() => stopped.TrySetResult());
        await Task.WhenAny(work, stopped.Task);
        if (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(Grace, CancellationToken.None));
        }

        if (!work.IsCompleted)
        {
            // An op in the middle of its work cannot be stopped, but files are finished or taken away first.
            OutputFile.WaitForWriters();
            Environment.Exit(signalExit);
        }

        int code = await work;
        return code == ExitCode.Interrupted ? signalExit : code;
    }

    private static StreamReader OpenInput() => new(Console.OpenStandardInput(), new UTF8Encoding(false, throwOnInvalidBytes: true));
}
