using System.CommandLine;

namespace Weir.Cli.Options;

/// <summary>The options of every verb.</summary>
internal sealed class GlobalSettings
{
    /// <summary>The model's directory.</summary>
    public TextSetting Model { get; } = new("--model", "DIR", "Hugging Face model directory", "the demo model") { Recursive = true };

    /// <summary>Where the model runs.</summary>
    public TextSetting Device { get; } = new("--device", "DEVICE", "where the model runs: cpu, cuda, cuda:N for the N-th GPU, emulated (or emulated:90) for the GPU's kernels on the host", standard: "cpu") { Recursive = true };

    /// <summary>Precision of products.</summary>
    public ChoiceSetting Precision { get; } = new("--precision", "products of 16-bit weights on a GPU: activations rounded to the weights' type, or f32 as on the CPU", "stored", "f32")
    {
        Recursive = true,
        DefaultText = "stored; f32 for weir parity",
    };

    /// <summary>Rows that do not depend on their batch.</summary>
    public FlagSetting Deterministic { get; } = new("--deterministic", "a GPU's results do not depend on the batch either, as the CPU's") { Recursive = true };

    /// <summary>One block at a time.</summary>
    public FlagSetting StreamWeights { get; } = new("--stream-weights", "hold one block's weights at a time, read from the disk when its turn comes: for models that do not fit") { Recursive = true };

    /// <summary>Threads.</summary>
    public IntegerSetting Threads { get; } = new("--threads", "N", "threads of the CPU", 0, 1, 1024, "one a core") { Recursive = true };

    /// <summary>Width of vectors.</summary>
    public ChoiceSetting VectorBits { get; } = new("--vector-bits", "width of the CPU's vectors", "widest", "512", "256", "128") { Recursive = true };

    /// <summary>No notes.</summary>
    public FlagSetting Quiet { get; } = new("--quiet", "no notes and no progress on the standard error") { Recursive = true };

    /// <summary>No colours.</summary>
    public FlagSetting NoColor { get; } = new("--no-color", "no colours; so does NO_COLOR in the environment") { Recursive = true };

    /// <summary>All of them.</summary>
    public Option[] All => [Model, Device, Precision, Deterministic, StreamWeights, Threads, VectorBits, Quiet, NoColor];
}
