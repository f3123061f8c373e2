namespace Weir.Kernels;

/// <summary>
/// Keys and values of one layer for a set of sequences, in a layout that only its device knows. Grows as positions
/// are appended; keys are stored rotated.
/// </summary>
public abstract class KeyValueStore : IDisposable
{
    /// <summary>Describes a store.</summary>
    protected KeyValueStore(int heads, int headSize, ElementType type)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(headSize, 1);
        Heads = heads;
        HeadSize = headSize;
        Type = type;
    }

    /// <summary>Key and value heads.</summary>
    public int Heads { get; }

    /// <summary>Size of one head.</summary>
    public int HeadSize { get; }

    /// <summary>Type that keys and values are kept in.</summary>
    public ElementType Type { get; }

    /// <summary>Positions that each sequence has room for.</summary>
    public abstract int Capacity { get; }

    /// <summary>Sequences held.</summary>
    public abstract int Sequences { get; }

    /// <summary>Bytes of device memory.</summary>
    public abstract long Bytes { get; }

    /// <summary>Makes room for at least so many positions of each sequence, keeping what is there.</summary>
    public abstract void Reserve(int sequences, int positions);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
