using Spectre.Console;

namespace Weir.Cli.Rendering;

/// <summary>
/// Tells on the standard error how far long work is and how long it will still take. It shows nothing in the first two
/// seconds, and never anything where the standard error is no terminal. Reporting to it stops work that was cancelled.
/// </summary>
internal sealed class ProgressBar : IProgress<double>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _done = new();
    private readonly Task _show = Task.CompletedTask;
    private double _fraction;
    private bool _disposed;

    /// <summary>Begins to wait.</summary>
    public ProgressBar(Terminal terminal, string what, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        if (terminal.Settings.ErrorIsTerminal && !terminal.Quiet)
        {
            _show = Task.Run(() => ShowAsync(terminal, what), CancellationToken.None);
        }
    }

    /// <summary>Takes the fraction done.</summary>
    public void Report(double value)
    {
        _cancellation.ThrowIfCancellationRequested();
        Volatile.Write(ref _fraction, value);
    }

    /// <summary>Takes the bar away.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _done.Cancel();
        _show.Wait(CancellationToken.None);
        _done.Dispose();
    }

    private async Task ShowAsync(Terminal terminal, string what)
    {
        if (!await WaitAsync(Patience))
        {
            return;
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Error),
            Ansi = AnsiSupport.Yes,
            ColorSystem = terminal.Settings.Colors == ColorDepth.None ? ColorSystemSupport.NoColors : ColorSystemSupport.EightBit,
        });
        console.Profile.Width = Math.Max(20, terminal.Settings.OutputIsTerminal ? terminal.Settings.Width - 1 : 79);
        await console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(what), maxValue: 1);
                do
                {
                    task.Value = Volatile.Read(ref _fraction);
                }
                while (await WaitAsync(Beat));
            });
    }

    private async Task<bool> WaitAsync(TimeSpan time)
    {
        await Task.Delay(time, _done.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return !_done.IsCancellationRequested;
    }
}
