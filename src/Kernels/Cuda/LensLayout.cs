using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

/// <summary>
/// How one round of a lens, some slots against the whole vocabulary, is divided among blocks of threads, and where its
/// scratch memory lies. A tile of slots is worked on by several blocks, each with its part of the vocabulary. Parts are
/// whole slices, which are summed up by themselves: neither the number of parts nor that of slots changes a row's bits.
/// </summary>
internal readonly struct LensLayout
{
    /// <summary>Columns of a slice; kLensSlice in kernels/include/lens_statistics.cuh.</summary>
    private const int SliceColumns = 1024;

    /// <summary>Rows that a warp looks after, lanes that it has, lanes of a row.</summary>
    private const int WarpRows = 16, Lanes = 32, Halves = Lanes / WarpRows;

    public LensLayout(in LensArguments arguments, in LensBody body, CudaFacts device, int slots)
    {
        Slots = slots;
        Tiles = slots / body.TileSlots;
        Slices = CeilDiv(arguments.Unembedding.Outputs, SliceColumns);

        // Tiles that are worked on together share the vocabulary, and their states are to stay in the second-level cache.
        int resident = device.Multiprocessors * body.BlocksPerMultiprocessor;
        Group = (int)Math.Clamp(device.L2Bytes / 3 / Math.Max(1, body.TileSlots * body.StateBytes), 1, Tiles);
        Splits = Divide(Tiles, Slices, resident, CeilDiv(resident, Group));

        // A list need not be longer than the columns that it may meet; then it is full when its part is over.
        int longest = CeilDiv(Slices, Splits) * SliceColumns / Halves;
        TopLength = Math.Min(arguments.TopCount, longest);
        BottomLength = Math.Min(arguments.BottomCount, longest);

        long lists = (long)Splits * slots / WarpRows * Lanes, targets = (long)slots * arguments.TargetCount;
        long at = 0;
        Table = Take(ref at, arguments.References.IsAbsent ? 0 : 2L * slots * sizeof(int));
        Sums = Take(ref at, arguments.NeedsSums ? (long)slots * Slices * Halves * 4 * sizeof(float) : 0);
        Top = Take(ref at, lists * TopLength * sizeof(ulong));
        Bottom = Take(ref at, lists * BottomLength * sizeof(ulong));
        Ranks = Take(ref at, arguments.TargetRanks.IsAbsent ? 0 : lists * arguments.TargetCount * sizeof(int));
        TargetLogits = Take(ref at, targets * sizeof(float));
        Gathered = Take(ref at, targets * ((CudaMatrix)arguments.Unembedding).RowBytes);
        States = Take(ref at, slots * body.StateBytes);
        Bytes = at;
    }

    public int Slots { get; }

    public int Tiles { get; }

    public int Slices { get; }

    /// <summary>Parts of the vocabulary.</summary>
    public int Splits { get; }

    /// <summary>Tiles that are worked on together.</summary>
    public int Group { get; }

    /// <summary>Length of a lane's list of largest logits, and of smallest.</summary>
    public int TopLength { get; }

    public int BottomLength { get; }

    /// <summary>Where the parts of the memory begin, in bytes from its start.</summary>
    public long Table { get; }

    public long Sums { get; }

    public long Top { get; }

    public long Bottom { get; }

    public long Ranks { get; }

    public long TargetLogits { get; }

    public long Gathered { get; }

    public long States { get; }

    /// <summary>Bytes of all of it.</summary>
    public long Bytes { get; }

    /// <summary>
    /// Parts of the vocabulary, at least so many, with which the blocks, so many at once, are done first: rounds of blocks
    /// times the slices of the longest part.
    /// </summary>
    private static int Divide(int tiles, int slices, int resident, int least)
    {
        int best = 1;
        long lowest = long.MaxValue;
        for (int parts = Math.Max(1, Math.Min(least, slices)); parts <= Math.Min(slices, 2 * least); parts++)
        {
            long cost = (((long)tiles * parts) + resident - 1) / resident * CeilDiv(slices, parts);
            if (cost < lowest)
            {
                (best, lowest) = (parts, cost);
            }
        }

        return best;
    }

    private static int CeilDiv(int a, int b) => (a + b - 1) / b;

    private static long Take(ref long at, long bytes)
    {
        long start = at;
        at += (bytes + 255) & ~255L;
        return start;
    }
}
