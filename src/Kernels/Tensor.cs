namespace Weir.Kernels;

/// <summary>
/// A view of device memory: elements of one type, contiguous within a row (everything after the first dimension),
/// rows a fixed stride apart. Copying the struct copies nothing of the data.
/// </summary>
public readonly unsafe struct Tensor
{
    /// <summary>Views a buffer.</summary>
    /// <param name="buffer">The memory.</param>
    /// <param name="offset">First element's distance from the buffer's start, in bytes.</param>
    /// <param name="shape">Dimensions.</param>
    /// <param name="type">Element type.</param>
    /// <param name="rowStride">Elements from one row to the next; 0 for contiguous rows.</param>
    public Tensor(DeviceBuffer buffer, long offset, Shape shape, ElementType type = ElementType.F32, int rowStride = 0)
    {
        Buffer = buffer;
        Offset = offset;
        Shape = shape;
        Type = type;
        RowStride = rowStride == 0 ? shape.RowWidth : rowStride;
        long last = shape.Count == 0 ? 0 : ((shape[0] - 1L) * RowStride) + shape.RowWidth;
        if (offset < 0 || offset + (last * type.Size()) > buffer.Bytes)
        {
            throw new ArgumentException($"A tensor of shape {shape} at byte {offset} does not fit a buffer of {buffer.Bytes} bytes.", nameof(shape));
        }
    }

    /// <summary>The memory; null only for the absent tensor.</summary>
    public DeviceBuffer? Buffer { get; }

    /// <summary>First element's distance from the buffer's start, in bytes.</summary>
    public long Offset { get; }

    /// <summary>Dimensions.</summary>
    public Shape Shape { get; }

    /// <summary>Element type.</summary>
    public ElementType Type { get; }

    /// <summary>Elements from one row to the next.</summary>
    public int RowStride { get; }

    /// <summary>True for <c>default</c>: an optional operand that is not given.</summary>
    public bool IsAbsent => Buffer is null;

    /// <summary>Size of the first dimension.</summary>
    public int Rows => Shape[0];

    /// <summary>Elements of one row.</summary>
    public int Width => Shape.RowWidth;

    /// <summary>True where row follows row without a gap.</summary>
    public bool IsContiguous => RowStride == Width || Rows <= 1;

    /// <summary>Address of the first element in the device's memory.</summary>
    public nint Address => Buffer!.Address + (nint)Offset;

    /// <summary>Bytes of the elements themselves.</summary>
    public long Bytes => Shape.Count * Type.Size();

    /// <summary>All elements of a contiguous f32 tensor in host memory.</summary>
    public Span<float> Span => new((void*)HostAddress(ElementType.F32, whole: true), checked((int)Shape.Count));

    /// <summary>All elements of a contiguous i32 tensor in host memory.</summary>
    public Span<int> Ints => new((void*)HostAddress(ElementType.I32, whole: true), checked((int)Shape.Count));

    /// <summary>One row of an f32 tensor in host memory.</summary>
    public Span<float> Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return new Span<float>((float*)HostAddress(ElementType.F32, whole: false) + ((long)row * RowStride), Width);
    }

    /// <summary>A view of some rows.</summary>
    public Tensor RowRange(int start, int count)
    {
        if (start < 0 || count < 0 || start + count > Rows)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, $"Rows {start}..{start + count} of a tensor with {Rows}.");
        }

        return new Tensor(Buffer!, Offset + ((long)start * RowStride * Type.Size()), Shape.WithRows(count), Type, RowStride);
    }

    /// <summary>A view of some columns of a tensor, as [rows, count].</summary>
    public Tensor Columns(int start, int count)
    {
        if (start < 0 || count < 0 || start + count > Width)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, $"Columns {start}..{start + count} of a tensor with {Width}.");
        }

        return new Tensor(Buffer!, Offset + ((long)start * Type.Size()), new Shape(Rows, count), Type, RowStride);
    }

    /// <summary>The same elements under another shape with the same rows, or any shape where contiguous.</summary>
    public Tensor Reshape(params ReadOnlySpan<int> dimensions)
    {
        var shape = new Shape(dimensions);
        if (shape.Count != Shape.Count || (!IsContiguous && shape[0] != Rows))
        {
            throw new ArgumentException($"{Shape} with a row stride of {RowStride} cannot be viewed as {shape}.", nameof(dimensions));
        }

        return new Tensor(Buffer!, Offset, shape, Type, shape[0] == Rows ? RowStride : 0);
    }

    private nint HostAddress(ElementType type, bool whole)
    {
        if (Buffer is null || !Buffer.IsHostVisible)
        {
            throw new WeirException("This tensor is not in host memory; read it with IDevice.Read.");
        }

        ObjectDisposedException.ThrowIf(Buffer.Address == 0, Buffer);
        if (Type != type || (whole && !IsContiguous))
        {
            throw new InvalidOperationException($"A {type.Name()} span was asked of a {Type.Name()} tensor {Shape} with row stride {RowStride}.");
        }

        return Address;
    }
}
