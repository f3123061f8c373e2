namespace Weir.Kernels.Cuda;

/// <summary>
/// Keys and values in device memory, each [sequence, head, position, stride]: the keys of one head lie side by side, so
/// that a tile of them is one run of memory for prefill and decoding alike. Rows are padded with zeros to 16 bytes, so
/// that any head size is read 16 bytes at a time.
/// </summary>
internal sealed unsafe class CudaKeyValueStore : KeyValueStore
{
    /// <summary>Positions that a kernel reads together; room comes in multiples of it.</summary>
    public const int Tile = 64;

    private readonly CudaDevice _device;
    private DeviceBuffer? _keys;
    private DeviceBuffer? _values;
    private int _slots;
    private int _sequences;
    private int _capacity;

    public CudaKeyValueStore(CudaDevice device, int heads, int headSize, ElementType type)
        : base(heads, headSize, type)
    {
        _device = device;
        int vector = 16 / type.Size();
        Stride = (headSize + vector - 1) / vector * vector;
    }

    public override int Sequences => _sequences;

    public override int Capacity => _capacity;

    public override long Bytes => (_keys?.Bytes ?? 0) + (_values?.Bytes ?? 0);

    /// <summary>Elements from one position to the next.</summary>
    public int Stride { get; }

    /// <summary>The keys, or 0 before there is room for any.</summary>
    public nint Keys => _keys?.Address ?? 0;

    /// <summary>The values, or 0 before there is room for any.</summary>
    public nint Values => _values?.Address ?? 0;

    public override void Reserve(int sequences, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequences);
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        if (sequences > _slots || positions > _capacity)
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
        int capacity = _capacity;
        if (positions > capacity)
        {
            long wanted = Math.Max(positions, Math.Min(2L * capacity, int.MaxValue - Tile));
            capacity = checked((int)((wanted + Tile - 1) / Tile * Tile));
        }

        long bytes = checked((long)slots * Heads * capacity * Stride * Type.Size());
        DeviceBuffer keys = _device.Allocate(bytes);
        DeviceBuffer values;
        try
        {
            values = _device.Allocate(bytes);
        }
        catch
        {
            keys.Dispose();
            throw;
        }

        Move(_keys, keys, capacity);
        Move(_values, values, capacity);
        (_keys, _values, _slots, _capacity) = (keys, values, slots, capacity);
    }

    private void Move(DeviceBuffer? from, DeviceBuffer to, int capacity)
    {
        if (from is null)
        {
            return;
        }

        long row = (long)Stride * Type.Size();
        long pieces = (long)_sequences * Heads;
        for (long i = 0; i < pieces; i++)
        {
            _device.Driver.CopyOnDevice(to.Address + (nint)(i * capacity * row), from.Address + (nint)(i * _capacity * row), _capacity * row);
        }

        from.Dispose();
    }
}
