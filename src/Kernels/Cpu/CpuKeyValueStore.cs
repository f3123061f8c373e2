namespace Weir.Kernels.Cpu;

/// <summary>
/// Keys and values in host memory, in the form that the products of attention read without packing. Keys lie in blocks
/// of 32 positions, [sequence, head, block, d, 32]: one block is the right operand of a product tile of 32 scores.
/// Values lie as [sequence, head, position, d], rows padded to a multiple of 32 floats.
/// </summary>
internal sealed unsafe class CpuKeyValueStore : KeyValueStore
{
    /// <summary>Positions in a block of keys.</summary>
    public const int Block = 32;

    private readonly IDevice _device;
    private DeviceBuffer? _keys;
    private DeviceBuffer? _values;
    private int _slots;
    private int _sequences;
    private int _capacity;

    public CpuKeyValueStore(IDevice device, int heads, int headSize)
        : base(heads, headSize, ElementType.F32)
    {
        _device = device;
        ValueStride = (headSize + 31) & ~31;
    }

    public override int Sequences => _sequences;

    public override long Bytes => (_keys?.Bytes ?? 0) + (_values?.Bytes ?? 0);

    /// <summary>A multiple of <see cref="Block"/>.</summary>
    public override int Capacity => _capacity;

    /// <summary>Floats from one position's value to the next.</summary>
    public int ValueStride { get; }

    /// <summary>The key blocks of a head, each [d, 32].</summary>
    public float* Keys(int sequence, int head) =>
        (float*)_keys!.Address + ((((long)sequence * Heads) + head) * Capacity * HeadSize);

    /// <summary>The values of a head, <see cref="ValueStride"/> apart.</summary>
    public float* Values(int sequence, int head) =>
        (float*)_values!.Address + ((((long)sequence * Heads) + head) * Capacity * ValueStride);

    public override void Reserve(int sequences, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequences);
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        if (sequences > _slots || positions > Capacity)
        {
            Grow(sequences, positions);
        }

        _sequences = Math.Max(_sequences, sequences);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _keys?.Dispose();
            _values?.Dispose();
        }

        _keys = _values = null;
        _slots = _sequences = _capacity = 0;
    }

    // What grows doubles at least, so that a text decoded key by key copies each key a constant number of times.
    private void Grow(int sequences, int positions)
    {
        int slots = sequences <= _slots ? _slots : Math.Max(sequences, 2 * _slots);
        int capacity = Capacity;
        if (positions > capacity)
        {
            long wanted = Math.Max(positions, Math.Min(2L * capacity, int.MaxValue - Block));
            capacity = checked((int)((wanted + Block - 1) / Block * Block));
        }

        long heads = (long)slots * Heads;
        DeviceBuffer keys = _device.Allocate(heads * capacity * HeadSize * sizeof(float));
        DeviceBuffer values;
        try
        {
            values = _device.Allocate(heads * capacity * ValueStride * sizeof(float));
        }
        catch
        {
            keys.Dispose();
            throw;
        }

        Move(_keys, keys, HeadSize, capacity);
        Move(_values, values, ValueStride, capacity);
        (_keys, _values, _slots, _capacity) = (keys, values, slots, capacity);
    }

    private void Move(DeviceBuffer? from, DeviceBuffer to, int stride, int capacity)
    {
        if (from is null)
        {
            return;
        }

        long bytes = (long)Capacity * stride * sizeof(float);
        long step = (long)capacity * stride * sizeof(float);
        for (long i = 0; i < (long)_slots * Heads; i++)
        {
            Buffer.MemoryCopy((byte*)from.Address + (i * bytes), (byte*)to.Address + (i * step), bytes, bytes);
        }

        from.Dispose();
    }
}
