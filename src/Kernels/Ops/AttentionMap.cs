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

    /// <summary>Elements of all blocks.</summary>
    public static long Count(PackedRows rows, int heads) => Offset(rows, heads, rows.Sequences);
}
