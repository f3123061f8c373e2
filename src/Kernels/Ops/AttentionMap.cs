namespace Weir.Kernels.Ops;

/// <summary>Where the attention map of a sequence stands in a flat tensor of maps.</summary>
public static class AttentionMap
{
    /// <summary>First element of a sequence's block [heads, Length, End].</summary>
    public static long Offset(PackedRows rows, int heads, int sequence)
    {
        long offset = 0;
        for (int s = 0; s < sequence; s++)
        {
            offset += (long)heads * rows.Length(s) * rows.End(s);
        }

        return offset;
    }

    /// <summary>Pairs of a row and a key that it sees, for one head.</summary>
    internal static long Pairs(PackedRows rows, int window)
    {
        long pairs = 0;
        for (int s = 0; s < rows.Sequences; s++)
        {
            // Rows that see everything before them, then those that see a whole window.
            long length = rows.Length(s), start = rows.Starts[s];
            long growing = window == 0 ? length : Math.Clamp(window - start, 0, length);
            pairs += (growing * start) + (growing * (growing + 1) / 2) + ((length - growing) * window);
        }

        return pairs;
    }

    /// <summary>Elements of all blocks.</summary>
    public static long Count(PackedRows rows, int heads) => Offset(rows, heads, rows.Sequences);
}
