using System.Diagnostics;
using Weir.Analysis.Benchmarks;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Kernels;
using Weir.Kernels.Cuda;

namespace Weir.Cli.Commands;

/// <summary>weir bench: measures Weir's usual work on this machine, turn by turn with peers.</summary>
internal sealed class BenchCommand : Verb
{
    private const int CpuRepetitions = 5;

    // A turn of one process among several; the peer script's are as long.
    private const int Repetitions = 20;
    private const double TurnSeconds = 0.4;

    // With a model of 16 GB made, or compiled by a peer, in the first turn.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(200);

    private readonly RepeatedSetting _against = new("--against", "[LABEL=]COMMAND", "a peer's command, which gets --case NAME (on a GPU --serve) and prints RESULT lines; may be repeated");
    private readonly RepeatedSetting _only = new("--only", "NAME", "measure this work alone; may be repeated");
    private readonly IntegerSetting _passes = new("--passes", "N", "turns of Weir and each peer", 5, 1, 1000);
    private readonly ChoiceSetting _shapes = new("--shapes", "tiny: the works of a GPU in small shapes, on any device, to see that they run", "true", "tiny");
    private readonly IntegerSetting _limit = new("--limit", "SECONDS", "begin no other work after so long; what is left out is reported as not run", int.MaxValue, 1, defaultText: "none");
    private readonly TextSetting _case = new("--case", "NAME", "measure one work in this process and print a RESULT line, as peers do");
    private readonly FlagSetting _serve = new("--serve", "measure a turn of each work named on the standard input, as peers do");
    private readonly TextSetting _json = new("--json", "FILE", "write every time as JSON, anew after each work");
    private readonly TextSetting _markdown = new("--markdown", "FILE", "write the table as Markdown, anew after each work");
    private readonly TextSetting _table = new("--table", "DIR", "measure nothing; print the short table of the newest GPU results in a directory");

    /// <summary>Makes the verb.</summary>
    public BenchCommand() : base("bench", "measures Weir's usual work on this machine, turn by turn with other tools")
    {
        AddGroup("Work", _only, _passes, _shapes, _limit, _against, _case, _serve);
        AddGroup("Output", _json, _markdown, _table);
    }

    /// <inheritdoc/>
    public override string Notes =>
        $"""
        The models have random weights in published shapes. Ratios are of turns that ran one after the other: median, then the smallest and the largest. The works on the CPU:

        {string.Join('\n', CpuWorks([]).Select(c => $"  {c.Name,-12}{c.What}"))}

        On a GPU: {string.Join(", ", GpuCases.All.Select(c => c.Name))}.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir bench --only forward --only capture",
        "weir bench --against pytorch=\"bench/peers/in-peer.sh python3 bench_cpu.py\" --json bench.json",
        "weir bench --device cuda --against pytorch=\"python3 bench/peers/bench_gpu.py\" --json bench.json",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        if (_table.Get(session.Arguments) is { } directory)
        {
            session.Terminal.Output.Write(GpuTable.Write(ResultFiles.NewestOfGpu(directory, GpuCases.Headline), GpuCases.Headline));
            return;
        }

        Peer[] peers = [.. _against.Get(session.Arguments).Select(ParsePeer)];
        if (peers.Select(p => p.Label).Distinct(StringComparer.Ordinal).Count() != peers.Length)
        {
            throw new UsageException("Two peers have the same label; give each its own, as in --against label=\"command\".");
        }

        var shapes = (BenchmarkShapes)_shapes.Get(session.Arguments);
        string description;
        bool isGpu;
        IReadOnlyList<BenchmarkCase> works;
        using (IDevice device = session.OpenDevice())
        {
            CudaFacts? facts = (device as CudaDevice)?.Facts;
            if (facts is { IsEmulated: true } && shapes == BenchmarkShapes.True)
            {
                throw new UsageException("The emulator would take days for published shapes; give --shapes tiny, or a GPU.");
            }

            isGpu = facts is { IsEmulated: false };
            description = isGpu ? $"{device.Name}, driver for CUDA {facts!.DriverVersion / 1000}.{facts.DriverVersion % 1000 / 10}" : device.Name;
            works = facts is null && shapes == BenchmarkShapes.True ? CpuWorks(Program) : GpuCases.All;
            if (AnswersAsPeer(session, works, new BenchmarkSetting(device, shapes)))
            {
                return;
            }
        }

        Compare(session, peers, Select(works, _only.Get(session.Arguments)), new BenchmarkReport
        {
            Machine = BenchmarkReport.ThisMachine(),
            Device = description,
            IsGpu = isGpu && shapes == BenchmarkShapes.True,
            Version = $"{About.Version}+{About.Commit}",
            Date = session.Started,
            Command = $"weir {string.Join(' ', session.CommandLine.Select(Quote))}",
            Peers = peers,
            Rows = [],
        });
    }

    // How this very program is started again: by its host, or as a file of its own.
    private static string[] Program => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "weir.dll")]
        : [Environment.ProcessPath!];

    private static IReadOnlyList<BenchmarkCase> CpuWorks(string[] program) =>
    [
        .. CpuCases.All,
        new BenchmarkCase("start", "weir lens on the demo model, from start to end, at most 0.4 s (a peer: its imports alone)", new() { OfPeer = 1 }, _ => new PreparedWork(() => StartOnce(program), new MemoryStream()))
        {
            Peers = [new PeerCase("import")],
        },
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

    private static IReadOnlyList<BenchmarkCase> Select(IReadOnlyList<BenchmarkCase> works, string[] names) => names.Length == 0
        ? works
        : [.. names.Select(n => works.FirstOrDefault(c => c.Name == n)
            ?? throw new UsageException($"There is no work called '{n}' to measure; there are {string.Join(", ", works.Select(c => c.Name))}."))];

    private static Peer ParsePeer(string text)
    {
        int cut = text.IndexOf('=', StringComparison.Ordinal);
        bool labelled = cut > 0 && text.AsSpan(0, cut).IndexOfAny(" /\"") < 0;
        return labelled ? new Peer(text[..cut], text[(cut + 1)..]) : new Peer("peer", text);
    }

    private bool AnswersAsPeer(Session session, IReadOnlyList<BenchmarkCase> works, BenchmarkSetting setting)
    {
        string? name = _case.Get(session.Arguments);
        if (name is null && !_serve.Get(session.Arguments))
        {
            return false;
        }

        using var runner = new CaseRunner(setting);
        if (name is not null)
        {
            session.Terminal.Output.WriteLine(PeerProcess.ResultLine(runner.Measure(Select(works, [name])[0], CpuRepetitions)));
            return true;
        }

        using TextReader names = session.Terminal.OpenInput();
        while (names.ReadLine() is { } line)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            session.Terminal.Output.WriteLine(PeerProcess.ResultLine(Turn(runner, Select(works, [line])[0])));
            session.Terminal.Output.Flush();
        }

        return true;
    }

    private static Measurement Turn(CaseRunner runner, BenchmarkCase work)
    {
        try
        {
            return runner.Measure(work, Repetitions, TurnSeconds);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Measurement.Failed(WeirProgram.OneLine(e.Message));
        }
    }

    private void Compare(Session session, Peer[] peers, IReadOnlyList<BenchmarkCase> works, BenchmarkReport report)
    {
        string? json = _json.Get(session.Arguments);
        string? markdown = _markdown.Get(session.Arguments);
        OutputFile.Check("--json", json);
        OutputFile.Check("--markdown", markdown);
        string ours = string.Join(' ', [.. Program.Select(Quote), "bench", "--shapes", _shapes.Get(session.Arguments) == 0 ? "true" : "tiny", .. session.DeviceArguments]);
        bool onCpu = works.Count > 0 && !GpuCases.All.Contains(works[0]);
        using var sessions = new Contenders(onCpu, LongestTurn, session.Cancellation);
        int seconds = _limit.Get(session.Arguments);
        IEnumerable<BenchmarkCase> begun = works.TakeWhile(_ => session.Elapsed.TotalSeconds < seconds);
        Contender[] rivals = [.. peers.Select(p => sessions.Of(p))];
        foreach (BenchmarkRow row in BenchmarkSuite.Run(begun, sessions.Of(new Peer("Weir", ours)), rivals, _passes.Get(session.Arguments), session.Terminal.Note))
        {
            report = report with { Rows = [.. report.Rows, row] };
            session.Terminal.Output.WriteLine(onCpu ? CpuTable.Line(row) : GpuTable.Line(row, GpuLimits.Of(report.Rows)));
            session.Terminal.Output.Flush();
            BenchmarkReport whole = report with { Rows = [.. report.Rows, .. works.Skip(report.Rows.Count).Select(w => new BenchmarkRow(w, [], []))] };
            WriteFile(json, whole.ToJson());
            WriteFile(markdown, onCpu ? CpuTable.Write(report) : GpuTable.Write(whole, works));
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
