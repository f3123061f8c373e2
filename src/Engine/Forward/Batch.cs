using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>The rows that go through the blocks together, and what every block needs to know of them.</summary>
internal sealed class Batch
{
    private readonly Tensor[] _residuals = new Tensor[2];
    private readonly int[] _positions;
    private readonly Tensor _frequencies;
    private readonly float _magnitude;

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
        _positions = new int[rows.Rows];
        if (model.Spec.Attention.Rope is { } rope)
        {
            int pairs = rope.Dimensions / 2;
            _frequencies = model.Weights.RopeFrequencies;
            _magnitude = rope.Magnitude;
            Cos = scratch.Allocate(new Shape(rows.Rows, pairs));
            Sin = scratch.Allocate(new Shape(rows.Rows, pairs));
        }

        PlaceRows();
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

    /// <summary>
    /// Brings the rows' positions to the device: when the batch is made, and when it has moved on. What a pass makes of them
    /// is <see cref="MakeAngles"/>'s.
    /// </summary>
    public void PlaceRows()
    {
        for (int s = 0; s < Rows.Sequences; s++)
        {
            for (int i = 0; i < Rows.Length(s); i++)
            {
                _positions[Rows.Offsets[s] + i] = Rows.Starts[s] + i;
            }
        }

        Device.Write(Positions, System.Runtime.InteropServices.MemoryMarshal.AsBytes(_positions.AsSpan()));
    }

    /// <summary>Makes the rotations of the rows' positions: the first op of every pass.</summary>
    public void MakeAngles()
    {
        if (!Cos.IsAbsent)
        {
            Ops.RopeAngles(Positions, _frequencies, _magnitude, Cos, Sin);
        }
    }

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
