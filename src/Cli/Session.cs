using System.CommandLine;
using System.Diagnostics;
using Weir.Cli.Options;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Kernels.Cpu;

namespace Weir.Cli;

/// <summary>One run of a verb: what was asked, what it is asked of, and how to stop.</summary>
internal sealed class Session
{
    private static readonly int[] VectorBits = [0, 512, 256, 128];

    private readonly GlobalSettings _globals;
    private readonly long _start = Stopwatch.GetTimestamp();
    private string? _directory;

    /// <summary>Begins a run.</summary>
    public Session(Verb verb, ParseResult arguments, GlobalSettings globals, string[] commandLine, Terminal terminal, CancellationToken cancellation)
    {
        Verb = verb;
        Arguments = arguments;
        _globals = globals;
        CommandLine = commandLine;
        Terminal = terminal;
        Cancellation = cancellation;
    }

    /// <summary>The verb.</summary>
    public Verb Verb { get; }

    /// <summary>Its options.</summary>
    public ParseResult Arguments { get; }

    /// <summary>The command line as typed.</summary>
    public IReadOnlyList<string> CommandLine { get; }

    /// <summary>Where results and notes go.</summary>
    public Terminal Terminal { get; }

    /// <summary>Stops the run.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>When the run began.</summary>
    public DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    /// <summary>Time since it began.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>The options of every verb.</summary>
    public Option[] GlobalOptions => _globals.All;

    /// <summary>Values that an option took on by itself, by the option's name, for result files.</summary>
    public Dictionary<string, string> InEffect { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the model is.</summary>
    public string ModelDirectory
    {
        get => _directory ??= ModelLocator.Find(_globals.Model.Get(Arguments));
        set => _directory = value;
    }

    /// <summary>Opens the model's files without its weights.</summary>
    public Checkpoint OpenCheckpoint()
    {
        Checkpoint checkpoint = Checkpoint.Open(ModelDirectory);
        InEffect["--model"] = Path.GetFullPath(ModelDirectory);
        return checkpoint;
    }

    /// <summary>Opens the processor.</summary>
    public CpuDevice OpenDevice()
    {
        _ = _globals.Device.Get(Arguments);
        var device = new CpuDevice(_globals.Threads.Get(Arguments), VectorBits[_globals.VectorBits.Get(Arguments)]);
        InEffect["--threads"] = Text.Of(device.Threads);
        InEffect["--vector-bits"] = Text.Of(device.VectorBits);
        return device;
    }

    /// <summary>Loads the model onto a device and says what its loader noticed.</summary>
    public Model LoadModel(CpuDevice device)
    {
        using var bar = new ProgressBar(Terminal, "loading", Cancellation);
        Model model = Model.Load(ModelDirectory, new LoadOptions { Device = device, Progress = bar });
        InEffect["--model"] = Path.GetFullPath(ModelDirectory);
        foreach (string warning in model.Spec.Warnings)
        {
            Terminal.Note(warning);
        }

        return model;
    }
}
