namespace Weir.Kernels.Cpu;

/// <summary>First chunk and first map element of each sequence of a batch, in memory that is kept from call to call.</summary>
internal sealed class AttentionChunks
{
    private int[] _starts = new int[64];
    private long[] _maps = new long[64];

    /// <summary>Room for one start per sequence and the total; element 0 is 0, the rest is the caller's to fill.</summary>
    public int[] Starts(int sequences)
    {
        if (_starts.Length <= sequences)
        {
            _starts = new int[Math.Max(sequences + 1, 2 * _starts.Length)];
        }

        return _starts;
    }

    /// <summary>The same for the elements of maps.</summary>
    public long[] Maps(int sequences)
    {
        if (_maps.Length <= sequences)
        {
            _maps = new long[Math.Max(sequences + 1, 2 * _maps.Length)];
        }

        return _maps;
    }

    /// <summary>The sequence that a chunk belongs to; sequences without chunks are passed over.</summary>
    public static int SequenceOf(int[] starts, int sequences, int chunk)
    {
        int low = 0, high = sequences;
        while (high - low > 1)
        {
            int middle = (low + high) >>> 1;
            if (starts[middle] <= chunk)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
