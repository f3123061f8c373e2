using System.Diagnostics;
using Weir.Analysis.Benchmarks;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir bench: measures Weir's usual work on this machine, turn by turn with peers.</summary>
internal sealed class BenchCommand : Verb
{
    private const int Repetitions = 5;

    private readonly RepeatedSetting _against = new("--against", "[LABEL=]COMMAND", "a peer's command, which gets --case NAME and prints a RESULT line; may be repeated");
    private readonly RepeatedSetting _only = new("--only", "NAME", "measure this work alone; may be repeated");
    private readonly IntegerSetting _passes = new("--passes", "N", "turns of Weir and each peer, each in a process of its own", 5, 1, 1000);
    private readonly TextSetting _case = new("--case", "NAME", "measure one work in this process and print a RESULT line, as peers do");
    private readonly TextSetting _json = new("--json", "FILE", "write every time as JSON");
    private readonly TextSetting _markdown = new("--markdown", "FILE", "write the table as Markdown");

    /// <summary>Makes the verb.</summary>
    public BenchCommand() : base("bench", "measures Weir's usual work on this machine, turn by turn with other tools")
    {
        AddGroup("Work", _only, _passes, _against, _case);
        AddGroup("Output", _json, _markdown);
    }

    /// <inheritdoc/>
    public override string Notes =>
        $"""
        The model has GPT-2 small's shape and random weights. Ratios are of passes that ran one after the other: median, then the smallest and the largest. The works:

        {string.Join('\n', Cases([]).Select(c => $"  {c.Name,-12}{c.What}"))}
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
        ["weir bench --only forward --only capture", "weir bench --against pytorch=\"bench/peers/in-peer.sh python3 bench_cpu.py\" --json bench.json"];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        if (_case.Get(session.Arguments) is { } name)
        {
            using IDevice own = session.OpenDevice();
            session.Terminal.Output.WriteLine(PeerProcess.ResultLine(Measurement.Take(Select(session, [name])[0], own, Repetitions)));
            return;
        }

        string? json = _json.Get(session.Arguments);
        string? markdown = _markdown.Get(session.Arguments);
        OutputFile.Check("--json", json);
        OutputFile.Check("--markdown", markdown);
        Peer[] peers = [.. _against.Get(session.Arguments).Select(ParsePeer)];
        if (peers.Select(p => p.Label).Distinct(StringComparer.Ordinal).Count() != peers.Length)
        {
            throw new UsageException("Two peers have the same label; give each its own, as in --against label=\"command\".");
        }

        IReadOnlyList<BenchmarkCase> cases = Select(session, _only.Get(session.Arguments));
        string device;
        using (IDevice opened = session.OpenDevice())
        {
            device = opened.Name;
        }

        string ours = string.Join(' ', [.. Program.Select(Quote), "bench", .. session.DeviceArguments]);
        var rows = new List<BenchmarkRow>();
        foreach (BenchmarkRow row in BenchmarkSuite.Run(cases, ours, peers, _passes.Get(session.Arguments), session.Terminal.Note, session.Cancellation))
        {
            rows.Add(row);
            WriteRow(session.Terminal, row, peers);
        }

        var report = new BenchmarkReport(
            BenchmarkReport.ThisMachine(), device, $"{About.Version}+{About.Commit}", session.Started, $"weir {string.Join(' ', session.CommandLine.Select(Quote))}", peers, rows);
        WriteFile(json, report.ToJson());
        WriteFile(markdown, report.ToMarkdown());
    }

    // How this very program is started again: by its host, or as a file of its own.
    private static string[] Program => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "weir.dll")]
        : [Environment.ProcessPath!];

    private static IReadOnlyList<BenchmarkCase> Cases(string[] program) =>
    [
        .. BenchmarkCases.All,
        new BenchmarkCase("start", "import", "weir lens on the demo model, from start to end, at most 0.4 s (a peer: its imports alone)", 1, null, null, _ => new PreparedWork(() => StartOnce(program), null, new MemoryStream())),
    ];

    private static void StartOnce(string[] program)
    {
        var start = new ProcessStartInfo(program[0]) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string word in (string[])[.. program[1..], "lens", "The capital of France is"])
        {
            start.ArgumentList.Add(word);
        }

        using Process process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new WeirException($"'weir lens' ended with code {process.ExitCode}; run it alone to see why.");
        }
    }

    private static IReadOnlyList<BenchmarkCase> Select(Session session, string[] names)
    {
        IReadOnlyList<BenchmarkCase> all = Cases(Program);
        return names.Length == 0 ? all : [.. names.Select(n => all.FirstOrDefault(c => c.Name == n)
            ?? throw new UsageException($"There is no work called '{n}' to measure; there are {string.Join(", ", all.Select(c => c.Name))}."))];
    }

    private static Peer ParsePeer(string text)
    {
        int cut = text.IndexOf('=', StringComparison.Ordinal);
        bool labelled = cut > 0 && text.AsSpan(0, cut).IndexOfAny(" /\"") < 0;
        return labelled ? new Peer(text[..cut], text[(cut + 1)..]) : new Peer("peer", text);
    }

    private static void WriteRow(Terminal terminal, BenchmarkRow row, Peer[] peers)
    {
        string own = row.OverBaseline is { } over ? $", {Text.Fixed(over, 3)} of our plain forward" : "";
        terminal.Output.WriteLine($"{row.Case.Name,-12}  {Text.Fixed(row.Seconds, 3)} s  {Text.Fixed(row.Memory, 0)} MiB{own}");
        foreach (Peer peer in peers)
        {
            (double median, double smallest, double largest) = row.TimeRatio(peer.Label);
            terminal.Output.WriteLine($"{"",-12}  {Text.Fixed(median, 2)} ({Text.Fixed(smallest, 2)} to {Text.Fixed(largest, 2)}) of {peer.Label}'s time, {Text.Fixed(row.MemoryRatio(peer.Label), 2)} of its memory; goal {BenchmarkReport.Goal(row.Case)}");
        }
    }

    private static void WriteFile(string? path, string text)
    {
        if (path is not null)
        {
            OutputFile.Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
        }
    }

    private static string Quote(string word) => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word.Replace("\"", "", StringComparison.Ordinal)}\"" : word;
}
