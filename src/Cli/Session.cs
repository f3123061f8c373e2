using System.CommandLine;
using System.Diagnostics;
using Weir.Cli.Options;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Kernels;
using Weir.Kernels.Cuda;

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

    /// <summary>Values that an option took on by itself, by the option's name, for result files; null where it has none.</summary>
    public Dictionary<string, string?> InEffect { get; } = new(StringComparer.Ordinal);

    /// <summary>True where blocks are read from the disk when their turn comes.</summary>
    public bool StreamsWeights => _globals.StreamWeights.Get(Arguments);

    /// <summary>True where the command line names the model.</summary>
    public bool NamesModel => _globals.Model.Get(Arguments) is not null;

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

    /// <summary>Opens the device that the options ask for.</summary>
    /// <param name="precision">Precision of its products where the options do not say; null for the device's own.</param>
    public IDevice OpenDevice(CudaPrecision? precision = null)
    {
        int threads = _globals.Threads.Get(Arguments);
        int vectorBits = VectorBits[_globals.VectorBits.Get(Arguments)];
        IDevice device = Devices.Open(new DeviceOptions
        {
            Name = _globals.Device.Get(Arguments)!,
            Threads = threads == 0 ? null : threads,
            VectorBits = vectorBits == 0 ? null : vectorBits,
            Precision = Arguments.GetValue(_globals.Precision) is null ? precision : (CudaPrecision)_globals.Precision.Get(Arguments),
            Deterministic = _globals.Deterministic.Get(Arguments),
        });
        DeviceOptions o = device.OpenedWith;
        InEffect["--device"] = o.Name;
        InEffect["--precision"] = o.Precision?.ToString().ToLowerInvariant();
        InEffect["--deterministic"] = o.Deterministic ? "true" : "false";
        InEffect["--threads"] = o.Threads is { } t ? Text.Of(t) : null;
        InEffect["--vector-bits"] = o.VectorBits is { } b ? Text.Of(b) : null;
        return device;
    }

    /// <summary>The options of the device last opened, as a command line for another run on the same one.</summary>
    public IEnumerable<string> DeviceArguments => new Option[] { _globals.Device, _globals.Precision, _globals.Deterministic, _globals.Threads, _globals.VectorBits }
        .Where(o => InEffect[o.Name] is not null and not "false")
        .SelectMany(o => o is FlagSetting ? (string[])[o.Name] : [o.Name, InEffect[o.Name]!]);

    /// <summary>Loads the model onto a device and says what its loader noticed.</summary>
    public Model LoadModel(IDevice device)
    {
        Model model = LoadModel(device, ModelDirectory);
        InEffect["--model"] = Path.GetFullPath(ModelDirectory);
        foreach (string warning in model.Spec.Warnings)
        {
            Terminal.Note(warning);
        }

        return model;
    }

    /// <summary>Loads another model beside the one that is analysed.</summary>
    public Model LoadModel(IDevice device, string directory) =>
        Watch("loading", bar => Model.Load(directory, new LoadOptions { Device = device, Progress = bar, StreamWeights = StreamsWeights }));

    /// <summary>Does work under a progress bar.</summary>
    /// <param name="what">What is done, in a word or two.</param>
    /// <param name="work">The work; it tells the bar how far it is.</param>
    public T Watch<T>(string what, Func<IProgress<double>, T> work)
    {
        using var bar = new ProgressBar(Terminal, what, Cancellation);
        return work(bar);
    }
}
