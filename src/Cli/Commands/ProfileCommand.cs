using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Weir.Analysis.Benchmarks;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;
using Weir.Kernels.Cuda;
using Weir.Kernels.Verification;

namespace Weir.Cli.Commands;

/// <summary>weir profile: the time of every kernel of a piece of work.</summary>
internal sealed class ProfileCommand : Verb
{
    private const int LensTop = 10;

    private readonly PromptSettings _prompt = new("PROMPT", many: false);
    private readonly ChoiceSetting _run = new("--run", "what to run on the prompt", "forward", "lens", "generate");
    private readonly IntegerSetting _maxTokens = new("--max-tokens", "N", "tokens to generate", 16, 1);
    private readonly TextSetting _case = new("--case", "NAME", "a work of weir bench, with random weights, in place of a prompt");
    private readonly IntegerSetting _repeat = new("--repeat", "N", "times to run it, after once to warm up", 1, 1, 10000);
    private readonly RepeatedSetting _override = new("--override", "NAME=FILE", "take a kernel's code from a file of PTX; its op is compared with the CPU's first");
    private readonly TextSetting _kernel = new("--kernel", "NAME", "show this kernel alone: where its source is, and every launch shape");
    private readonly TextSetting _trace = new("--trace", "FILE", "write every launch as a Chrome trace, for Perfetto (ui.perfetto.dev)");
    private readonly TextSetting _json = new("--json", "FILE", "write it all as JSON; - is the standard output, instead of the table");

    /// <summary>Makes the verb.</summary>
    public ProfileCommand() : base("profile", "times every kernel of a piece of work on a GPU, against what the same GPU can do")
    {
        Add(_prompt.Argument);
        AddGroup("Work", _prompt.File, _prompt.Ids, _run, _maxTokens, _case, _repeat, _override);
        AddGroup("Output", _kernel, _trace, _json);
    }

    /// <inheritdoc/>
    public override string Notes =>
        $"""
        Bytes and operations are the fewest that a launch must move and do. The limits, bytes a second of a large copy and operations a second of a large bf16 product, are measured in the same run; 'of limit' is the part of a kernel's time that the limit which binds it leaves no way around. Times come from events around each launch: a kernel of a few microseconds also shows what the host is slower at launching it. Steps of generation run launch by launch, not as recorded graphs. Where NVIDIA's NVTX library is there, each launch is a range of its kernel's name.

        Works for --case: {string.Join(", ", GpuCases.All.Select(c => c.Name))}.
        """;

    /// <inheritdoc/>
    public override bool TakesMany => false;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir profile \"The capital of France is\" --device cuda",
        "weir profile --case llama.decode --device cuda --trace decode.json",
        "weir profile --case rms-norm --device cuda --override rms_norm=mine.ptx --kernel rms_norm",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        (string? trace, string? json) = (_trace.Get(a), _json.Get(a));
        OutputFile.Check("--trace", trace);
        OutputFile.Check("--json", json);
        string? name = _case.Get(a);
        BenchmarkCase? work = name is null ? null : GpuCases.All.FirstOrDefault(c => c.Name == name)
            ?? throw new UsageException($"There is no work called '{name}'; there are {string.Join(", ", GpuCases.All.Select(c => c.Name))}.");
        Prompt? prompt = work is null ? _prompt.Read(session)[0] : null;
        using IDevice opened = session.OpenDevice();
        if (opened is not CudaDevice device)
        {
            throw new UsageException("weir profile times the kernels of a GPU; give --device cuda, or --device emulated to see how it looks.");
        }

        Override(session, device);
        var setting = new BenchmarkSetting(device, device.Facts.IsEmulated ? BenchmarkShapes.Tiny : BenchmarkShapes.True);
        GpuLimits limits = GpuLimits.Measure(setting);
        (PreparedWork prepared, string what) = work is null ? OnPrompt(session, device, prompt!) : (work.Prepare(setting), work.What);
        using PreparedWork owned = prepared;
        prepared.Run();
        using CudaProfile profile = device.StartProfile();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < _repeat.Get(a); i++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            prepared.Run();
        }

        device.Synchronize();
        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        profile.Stop();
        if (trace is not null)
        {
            OutputFile.Write(trace, stream => TraceFile.Write(stream, device, profile.Launches));
            session.Terminal.Note($"wrote {trace}");
        }

        if (json is not null)
        {
            RunRecord.Save(json, session, w => w.WriteString("device", device.Name), w => ProfileJson.Write(w, device, profile, limits, what, wall));
        }

        if (json != "-")
        {
            Write(session, device, profile, limits, what, wall);
        }
    }

    private void Override(Session session, CudaDevice device)
    {
        foreach (string replacement in _override.Get(session.Arguments))
        {
            int cut = replacement.IndexOf('=', StringComparison.Ordinal);
            if (cut < 1 || cut == replacement.Length - 1)
            {
                throw new UsageException($"--override needs a kernel and a file of PTX, NAME=FILE, not '{replacement}'.");
            }

            int compared = KernelOverride.Apply(device, replacement[..cut], replacement[(cut + 1)..]);
            session.Terminal.Note($"{replacement[(cut + 1)..]} does what {replacement[..cut]} must in {compared} case{(compared == 1 ? "" : "s")}");
        }
    }

    private (PreparedWork Work, string What) OnPrompt(Session session, CudaDevice device, Prompt prompt)
    {
        Model model = session.LoadModel(device);
        int[] ids = prompt.Encode(model);
        string tokens = $"{ids.Length} token{(ids.Length == 1 ? "" : "s")}";
        switch ((Workload)_run.Get(session.Arguments))
        {
            case Workload.Forward:
                var last = new ForwardOptions { Logits = LogitRows.Last };
                return (new PreparedWork(() => model.Forward(ids, null, last).Dispose(), model), $"forward of {tokens}, logits of the last");
            case Workload.Lens:
                HookSet hooks = new HookSet().Capture(Site.ResidualPost.AllLayers);
                var none = new ForwardOptions { Logits = LogitRows.None };
                var lens = new LensOptions { TopK = LensTop, Divergence = true };
                void Read()
                {
                    using ForwardResult pass = model.Forward(ids, hooks, none);
                    LensReader.Read(model, [.. Enumerable.Range(0, model.Spec.Layers).Select(l => pass[Site.ResidualPost[l]])], lens);
                }

                return (new PreparedWork(Read, model), $"forward of {tokens} and a lens of every layer, top-{LensTop}, entropy, KL to the last");
            default:
                var options = new GenerationOptions { MaxTokens = _maxTokens.Get(session.Arguments), EndTokens = [] };
                return (new PreparedWork(() => Generator.Complete(model, [ids], options), model), $"{options.MaxTokens} greedy tokens after {tokens}");
        }
    }

    private void Write(Session session, CudaDevice device, CudaProfile profile, GpuLimits limits, string what, TimeSpan wall)
    {
        void Line(string text)
        {
            foreach (string line in TextWidth.Wrap(text, session.Terminal.Settings.Width))
            {
                session.Terminal.Output.WriteLine(line);
            }
        }

        Line(device.Name);
        if (device.Facts.IsEmulated)
        {
            Line("The times are the emulator's, which runs kernels on the host: they say nothing about a GPU. Registers and occupancy are what the compiler gives such a device.");
        }

        int times = _repeat.Get(session.Arguments);
        Line($"{what}{(times == 1 ? "" : $", {times} times")}: {Text.Grouped(profile.Launches.Count)} launches in {Text.Fixed(wall.TotalMilliseconds, 2)} ms, the kernels themselves {Text.Fixed(profile.Kernels.Sum(k => k.Seconds) * 1e3, 2)} ms. {limits.Words}");
        session.Terminal.Output.WriteLine();
        var tables = new ProfileTables(session.Terminal, profile, limits);
        if (_kernel.Get(session.Arguments) is { } kernel)
        {
            tables.WriteKernel(profile.Kernels.FirstOrDefault(k => k.Kernel == kernel)
                ?? throw new WeirException($"{kernel} was not launched; these were: {string.Join(", ", profile.Kernels.Select(k => k.Kernel))}."));
        }
        else
        {
            tables.WriteKernels();
        }
    }

    private enum Workload
    {
        Forward,
        Lens,
        Generate,
    }
}
