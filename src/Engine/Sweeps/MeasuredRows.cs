using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>The rows of a sequence that a range of positions names.</summary>
internal static class MeasuredRows
{
    public static (int First, int End) Of(PackedRows rows, int sequence, Range positions)
    {
        int length = rows.Length(sequence);
        int first = Math.Clamp(positions.Start.GetOffset(length), 0, length);
        int end = Math.Clamp(positions.End.GetOffset(length), first, length);
        return (rows.Offsets[sequence] + first, rows.Offsets[sequence] + end);
    }
}
