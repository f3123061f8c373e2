using Weir.Engine.Families;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>The rows that go through the blocks together, and what every block needs to know of them.</summary>
internal sealed class Batch
{
    private readonly Tensor[] _residuals = new Tensor[2];

    /// <summary>Describes rows; device tensors are cut from the scratch arena.</summary>
    /// <param name="model">Whose rows.</param>
    /// <param name="scratch">Memory for this pass.</param>
    /// <param name="rows">Sequences and positions.</param>
    /// <param name="promptLengths">Prompt of each sequence, which positions from the end count from.</param>
    public Batch(Model model, Arena scratch, PackedRows rows, int[] promptLengths)
    {
        Ops = model.Device.Ops;
        Device = model.Device;
        Scratch = scratch;
        Rows = rows;
        PromptLengths = promptLengths;

        Positions = scratch.Allocate(new Shape(rows.Rows), ElementType.I32);
        Span<int> positions = rows.Rows <= 256 ? stackalloc int[rows.Rows] : new int[rows.Rows];
        for (int s = 0; s < rows.Sequences; s++)
        {
            for (int i = 0; i < rows.Length(s); i++)
            {
                positions[rows.Offsets[s] + i] = rows.Starts[s] + i;
            }
        }

        Device.Write(Positions, System.Runtime.InteropServices.MemoryMarshal.AsBytes(positions));
        if (model.Spec.Attention.Rope is { } rope)
        {
            int pairs = rope.Dimensions / 2;
            Cos = scratch.Allocate(new Shape(rows.Rows, pairs));
            Sin = scratch.Allocate(new Shape(rows.Rows, pairs));
            Ops.RopeAngles(Positions, model.Weights.RopeFrequencies, rope.Magnitude, Cos, Sin);
        }
    }

    public IDevice Device { get; }

    public IOps Ops { get; }

    public Arena Scratch { get; }

    public PackedRows Rows { get; }

    public int[] PromptLengths { get; }

    public int Count => Rows.Rows;

    /// <summary>I32 [rows].</summary>
    public Tensor Positions { get; }

    public Tensor Cos { get; }

    public Tensor Sin { get; }

    /// <summary>One of two residual buffers, not the one in use.</summary>
    public Tensor NextResidual(Tensor avoid, int width)
    {
        ref Tensor buffer = ref _residuals[0];
        if (!avoid.IsAbsent && !buffer.IsAbsent && buffer.Address == avoid.Address)
        {
            buffer = ref _residuals[1];
        }

        if (buffer.IsAbsent)
        {
            buffer = Scratch.Allocate(new Shape(Count, width));
        }

        return buffer;
    }
}
