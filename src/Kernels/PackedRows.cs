namespace Weir.Kernels;

/// <summary>
/// How the rows of a packed batch belong to sequences. Sequence s owns rows Offsets[s] .. Offsets[s+1]-1; its first
/// row stands at position Starts[s], so that keys before it come from the store. Host arrays; a device copies what its
/// kernels need.
/// </summary>
public sealed class PackedRows
{
    /// <summary>Describes a batch.</summary>
    /// <param name="offsets">First row of each sequence, then the number of rows; increasing.</param>
    /// <param name="starts">Position of each sequence's first row.</param>
    public PackedRows(int[] offsets, int[] starts)
    {
        if (offsets.Length != starts.Length + 1 || offsets[0] != 0 || !offsets.Zip(offsets.Skip(1)).All(p => p.First <= p.Second) || starts.Any(s => s < 0))
        {
            throw new ArgumentException($"{offsets.Length} offsets from 0 on, none below the one before, and {starts.Length} starts do not describe sequences.", nameof(offsets));
        }

        Offsets = offsets;
        Starts = starts;
    }

    /// <summary>First row of each sequence, then the number of rows.</summary>
    public int[] Offsets { get; }

    /// <summary>Position of each sequence's first row; changed by <see cref="Place"/> alone.</summary>
    public int[] Starts { get; }

    /// <summary>Grows with every <see cref="Place"/>, so that a device knows when its copy is old.</summary>
    public int Version { get; private set; }

    /// <summary>Puts a sequence's first row at a position.</summary>
    public void Place(int sequence, int start)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        Starts[sequence] = start;
        Version++;
    }

    /// <summary>Number of sequences.</summary>
    public int Sequences => Starts.Length;

    /// <summary>Number of rows.</summary>
    public int Rows => Offsets[^1];

    /// <summary>Rows of a sequence.</summary>
    public int Length(int sequence) => Offsets[sequence + 1] - Offsets[sequence];

    /// <summary>Positions of a sequence after this batch: keys that its last row sees.</summary>
    public int End(int sequence) => Starts[sequence] + Length(sequence);

    /// <summary>Pairs of a query and a key that causal attention forms in a sequence; a window of 0 is none.</summary>
    public long Pairs(int sequence, int window) => CausalPairs(End(sequence), window) - CausalPairs(Starts[sequence], window);

    /// <summary>The same in all sequences.</summary>
    public long Pairs(int window)
    {
        long pairs = 0;
        for (int s = 0; s < Sequences; s++)
        {
            pairs += Pairs(s, window);
        }

        return pairs;
    }

    /// <summary>The pairs of the first so many positions of a text.</summary>
    public static long CausalPairs(long positions, int window) => window > 0 && positions > window
        ? CausalPairs(window, 0) + ((positions - window) * window)
        : positions * (positions + 1) / 2;
}
