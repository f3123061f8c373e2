using System.Diagnostics;
using System.Text.Json;
using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>
/// A peer is a command that, given "--case NAME", does that work and prints a line "RESULT {json}" with
/// <see cref="Measurement"/>'s fields. Weir's own child processes answer in the same way.
/// </summary>
public static class PeerProcess
{
    private const string Prefix = "RESULT ";

    /// <summary>Runs one case in a process of its own, so that its peak memory is its own.</summary>
    /// <param name="command">Program and arguments, split at blanks outside double quotes.</param>
    /// <param name="caseName">The case.</param>
    /// <param name="cancellation">Ends the process.</param>
    /// <exception cref="WeirException">The command fails or prints no result.</exception>
    public static Measurement Run(string command, string caseName, CancellationToken cancellation)
    {
        ProcessStartInfo start = StartInfo(command, "--case", caseName);
        try
        {
            using Process process = Process.Start(start)!;
            using CancellationTokenRegistration stop = cancellation.Register(() => process.Kill(entireProcessTree: true));
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellation);
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            return output.Split('\n').Select(Parse).FirstOrDefault(m => m is not null)
                ?? throw new WeirException($"'{command} --case {caseName}' printed no RESULT line and ended with code {process.ExitCode}: {LastLine(errors.Result)}");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or JsonException)
        {
            throw new WeirException($"'{command} --case {caseName}' cannot be used as a peer: {e.Message}", e);
        }
    }

    /// <summary>The line that a child process prints.</summary>
    public static string ResultLine(Measurement measurement) => Prefix + JsonSerializer.Serialize(measurement);

    /// <summary>Reads a line; null where it holds no result.</summary>
    internal static Measurement? Parse(string line) =>
        line.StartsWith(Prefix, StringComparison.Ordinal) ? JsonSerializer.Deserialize<Measurement>(line.AsSpan(Prefix.Length)) : null;

    /// <summary>How a peer's command is started.</summary>
    internal static ProcessStartInfo StartInfo(string command, params ReadOnlySpan<string> more)
    {
        string[] words = Split(command);
        var start = new ProcessStartInfo(words[0]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string word in (string[])[.. words[1..], .. more])
        {
            start.ArgumentList.Add(word);
        }

        return start;
    }

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "it said nothing";

    private static string[] Split(string command)
    {
        var words = new List<string>();
        foreach ((string part, int i) in command.Split('"').Select((p, i) => (p, i)))
        {
            words.AddRange(i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }

        return words.Count > 0 ? [.. words] : throw new WeirException("The peer's command is empty; give a program and its arguments.");
    }
}
