using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Weir.Cli.Tests;

/// <summary>A Chromium without a window that opens pages and tells what became of them.</summary>
internal static partial class Browser
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Its program; null where none is installed.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(directory => (string[])[Path.Combine(directory, "chromium"), Path.Combine(directory, "chromium-browser"), Path.Combine(directory, "google-chrome")])
        .FirstOrDefault(File.Exists);

    /// <summary>Opens a page; returns its document as it is after its scripts, and what they wrote to the console.</summary>
    /// <param name="page">A file.</param>
    /// <param name="profile">A directory for the browser's own files.</param>
    public static (string Document, string[] Console) Open(string page, string profile)
    {
        var start = new ProcessStartInfo(Program!)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])[
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            $"--user-data-dir={profile}", "--enable-logging=stderr", "--window-size=1200,900", "--dump-dom", new Uri(page).AbsoluteUri])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> document = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{Program} did not end within {Patience.TotalSeconds} seconds on {page}.");
        }

        Task.WaitAll([document, errors], TestContext.Current.CancellationToken);
        return (document.Result, [.. errors.Result.Split('\n').Where(l => ConsoleLine().IsMatch(l))]);
    }

    [GeneratedRegex("CONSOLE")]
    private static partial Regex ConsoleLine();
}
