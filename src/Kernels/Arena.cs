namespace Weir.Kernels;

/// <summary>
/// Scratch memory of one forward pass: tensors are cut from a block one after another and all given back at once. After
/// the first pass of a size nothing is allocated any more.
/// </summary>
public sealed class Arena(IDevice device) : IDisposable
{
    private const int Alignment = 64;
    private const long SmallestBlock = 1 << 16;

    private readonly List<DeviceBuffer> _blocks = [];
    private int _block;
    private long _offset;

    /// <summary>Cuts a tensor; contents undefined.</summary>
    public Tensor Allocate(Shape shape, ElementType type = ElementType.F32)
    {
        long bytes = (shape.Count * type.Size() + Alignment - 1) / Alignment * Alignment;
        while (_block < _blocks.Count && _offset + bytes > _blocks[_block].Bytes)
        {
            _block++;
            _offset = 0;
        }

        if (_block == _blocks.Count)
        {
            _blocks.Add(device.Allocate(Math.Max(bytes, SmallestBlock)));
        }

        var tensor = new Tensor(_blocks[_block], _offset, shape, type);
        _offset += bytes;
        return tensor;
    }

    /// <summary>A tensor with these contents.</summary>
    public Tensor Upload<T>(ReadOnlySpan<T> values, Shape shape)
        where T : unmanaged
    {
        Tensor tensor = Allocate(shape, typeof(T) == typeof(int) ? ElementType.I32 : ElementType.F32);
        device.Write(tensor, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values));
        return tensor;
    }

    /// <summary>A vector with these contents.</summary>
    public Tensor Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged => Upload(values, new Shape(values.Length));

    /// <summary>The present place, to go back to with <see cref="Release"/>.</summary>
    public (int Block, long Offset) Mark() => (_block, _offset);

    /// <summary>Gives everything cut since a mark back.</summary>
    public void Release((int Block, long Offset) mark) => (_block, _offset) = mark;

    /// <summary>Gives everything back; several blocks become one.</summary>
    public void Reset()
    {
        _block = 0;
        _offset = 0;
        if (_blocks.Count > 1)
        {
            long total = _blocks.Sum(b => b.Bytes);
            Dispose();
            _blocks.Add(device.Allocate(total));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceBuffer block in _blocks)
        {
            block.Dispose();
        }

        _blocks.Clear();
        _block = 0;
        _offset = 0;
    }
}
