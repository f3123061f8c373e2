using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Weir.Analysis.Benchmarks;

/// <summary>
/// A peer that stays, so that its model need not be made again for every turn: with "--serve" it reads the name of a case
/// from each line of its input and answers with a RESULT line. One that fails a case, by its own word, by its end or by
/// taking too long, is started again for the next: after a wrong access a GPU is of no use to the process that made it.
/// </summary>
/// <param name="command">As <see cref="PeerProcess.Run"/> takes it.</param>
/// <param name="limit">Longest that a turn may take.</param>
/// <param name="cancellation">Ends the process.</param>
public sealed class PeerSession(string command, TimeSpan limit, CancellationToken cancellation) : IDisposable
{
    private Process? _process;
    private string _lastError = "it said nothing";

    /// <summary>Measures one turn of a case.</summary>
    public Measurement Measure(string caseName)
    {
        using var clock = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        clock.CancelAfter(limit);
        try
        {
            _process ??= Start();
            _process.StandardInput.WriteLine(caseName);
            _process.StandardInput.Flush();
            while (_process.StandardOutput.ReadLineAsync(clock.Token).AsTask().GetAwaiter().GetResult() is { } line)
            {
                if (PeerProcess.Parse(line) is { } measurement)
                {
                    return measurement.HasFailed ? End(measurement) : measurement;
                }
            }

            _process.WaitForExit();
            return End(Measurement.Failed($"it ended with code {_process.ExitCode}: {_lastError}"));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return End(Measurement.Failed($"it took longer than {limit.TotalSeconds:F0} s"));
        }
        catch (Exception e) when (e is Win32Exception or IOException or JsonException)
        {
            return End(Measurement.Failed(e.Message));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private Process Start()
    {
        ProcessStartInfo start = PeerProcess.StartInfo(command, "--serve");
        start.RedirectStandardInput = true;
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, e) => _lastError = string.IsNullOrWhiteSpace(e.Data) ? _lastError : e.Data;
        process.BeginErrorReadLine();
        return process;
    }

    private Measurement End(Measurement result)
    {
        Stop();
        return result;
    }

    private void Stop()
    {
        if (_process is null)
        {
            return;
        }

        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();
        _process = null;
    }
}
