namespace Weir.Kernels;

/// <summary>
/// Keys and values of one layer for a set of sequences, each [sequence, head, position, stride] in an order of positions that
/// only its device knows. Grows as positions are appended; keys are stored rotated.
/// </summary>
public abstract class KeyValueStore : IDisposable
{
    private readonly IDevice _device;
    private readonly int _tile;
    private DeviceBuffer? _keys;
    private DeviceBuffer? _values;
    private int _slots;

    /// <summary>Describes a store.</summary>
    /// <param name="device">Whose memory.</param>
    /// <param name="heads">Key and value heads.</param>
    /// <param name="headSize">Size of one head.</param>
    /// <param name="type">Type that they are kept in.</param>
    /// <param name="tile">Positions that are read together; room comes in multiples of it.</param>
    /// <param name="keyStride">Elements of a key, padding included.</param>
    /// <param name="valueStride">Elements of a value, padding included.</param>
    private protected KeyValueStore(IDevice device, int heads, int headSize, ElementType type, int tile, int keyStride, int valueStride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(headSize, 1);
        _device = device;
        _tile = tile;
        Heads = heads;
        HeadSize = headSize;
        Type = type;
        KeyStride = keyStride;
        ValueStride = valueStride;
    }

    /// <summary>Key and value heads.</summary>
    public int Heads { get; }

    /// <summary>Size of one head.</summary>
    public int HeadSize { get; }

    /// <summary>Type that keys and values are kept in.</summary>
    public ElementType Type { get; }

    /// <summary>Positions that each sequence has room for.</summary>
    public int Capacity { get; private set; }

    /// <summary>Sequences held.</summary>
    public int Sequences { get; private set; }

    /// <summary>Bytes of device memory.</summary>
    public long Bytes => (_keys?.Bytes ?? 0) + (_values?.Bytes ?? 0);

    /// <summary>Elements of a key, padding included.</summary>
    internal int KeyStride { get; }

    /// <summary>Elements of a value, padding included.</summary>
    internal int ValueStride { get; }

    /// <summary>Where the keys begin; 0 before there is room for any.</summary>
    internal nint KeyAddress => _keys?.Address ?? 0;

    /// <summary>Where the values begin; 0 before there is room for any.</summary>
    internal nint ValueAddress => _values?.Address ?? 0;

    /// <summary>Makes room for at least so many positions of each sequence, keeping what is there.</summary>
    public void Reserve(int sequences, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequences);
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        if (sequences > _slots || positions > Capacity)
        {
            Grow(sequences, positions);
        }

        Sequences = Math.Max(Sequences, sequences);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _keys?.Dispose();
        _values?.Dispose();
        _keys = _values = null;
        _slots = Sequences = Capacity = 0;
        GC.SuppressFinalize(this);
    }

    /// <summary>Copies bytes of the device's memory that do not overlap.</summary>
    private protected abstract void Copy(nint from, nint to, long bytes);

    // What grows doubles at least, so that a text decoded key by key copies each key a constant number of times.
    private void Grow(int sequences, int positions)
    {
        int slots = sequences <= _slots ? _slots : Math.Max(sequences, 2 * _slots);
        int capacity = Capacity;
        if (positions > capacity)
        {
            long wanted = Math.Max(positions, Math.Min(2L * capacity, int.MaxValue - _tile));
            capacity = checked((int)((wanted + _tile - 1) / _tile * _tile));
        }

        long elements = checked((long)slots * Heads * capacity);
        DeviceBuffer keys = _device.Allocate(checked(elements * KeyStride * Type.Size()));
        DeviceBuffer values;
        try
        {
            values = _device.Allocate(checked(elements * ValueStride * Type.Size()));
        }
        catch
        {
            keys.Dispose();
            throw;
        }

        Move(_keys, keys, KeyStride, capacity);
        Move(_values, values, ValueStride, capacity);
        (_keys, _values, _slots, Capacity) = (keys, values, slots, capacity);
    }

    private void Move(DeviceBuffer? from, DeviceBuffer to, int stride, int capacity)
    {
        if (from is null)
        {
            return;
        }

        long position = (long)stride * Type.Size();
        for (long i = 0; i < (long)Sequences * Heads; i++)
        {
            Copy(from.Address + (nint)(i * Capacity * position), to.Address + (nint)(i * capacity * position), Capacity * position);
        }

        from.Dispose();
    }
}
