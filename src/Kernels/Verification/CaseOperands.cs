using System.Runtime.InteropServices;

namespace Weir.Kernels.Verification;

/// <summary>
/// Operands of a case on one device; the same calls give the same numbers on every device. Numbers are multiples of 1/32
/// between -2 and 2: every element type holds them, and sums of their products are exact in f32 in any order, so that
/// what devices compute in their own orders and precisions still has the same bits.
/// </summary>
/// <param name="device">Where.</param>
internal sealed unsafe class CaseOperands(IDevice device) : IDisposable
{
    private readonly Random _random = new(1);
    private readonly List<IDisposable> _owned = [];

    /// <summary>The ops.</summary>
    public Ops.IOps Ops => device.Ops;

    /// <summary>A tensor of numbers.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="gap">Elements between its rows.</param>
    public Tensor Numbers(Shape shape, int gap = 0)
    {
        Tensor t = Empty(shape, gap);
        for (int row = 0; row < t.Rows; row++)
        {
            float[] values = new float[t.Width];
            foreach (ref float v in values.AsSpan())
            {
                v = Number();
            }

            device.Write(t.RowRange(row, 1), MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return t;
    }

    /// <summary>A vector of these numbers.</summary>
    public Tensor Vector(params float[] values)
    {
        Tensor t = Empty(new Shape(values.Length));
        device.Write(t, MemoryMarshal.AsBytes(values.AsSpan()));
        return t;
    }

    /// <summary>A vector of integers.</summary>
    public Tensor Integers(params int[] values)
    {
        Tensor t = Empty(new Shape(values.Length), 0, ElementType.I32);
        device.Write(t, MemoryMarshal.AsBytes(values.AsSpan()));
        return t;
    }

    /// <summary>A tensor to be written.</summary>
    public Tensor Empty(Shape shape, int gap = 0, ElementType type = ElementType.F32)
    {
        int stride = shape.RowWidth + gap;
        DeviceBuffer buffer = device.Allocate(Math.Max(1, (long)shape[0] * stride * type.Size()));
        _owned.Add(buffer);
        return new Tensor(buffer, 0, shape, type, stride);
    }

    /// <summary>A matrix of numbers.</summary>
    public WeightMatrix Weights(int outputs, int inputs, ElementType type)
    {
        byte[] bytes = new byte[outputs * inputs * type.Size()];
        for (int i = 0; i < outputs * inputs; i++)
        {
            Span<byte> to = bytes.AsSpan(i * type.Size());
            float v = Number();
            switch (type)
            {
                case ElementType.F32:
                    MemoryMarshal.Write(to, v);
                    break;
                case ElementType.F16:
                    MemoryMarshal.Write(to, (Half)v);
                    break;
                default:
                    MemoryMarshal.Write(to, (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16));
                    break;
            }
        }

        fixed (byte* b = bytes)
        {
            WeightMatrix w = device.Load(new MatrixSource(inputs, outputs, type, [new MatrixPart((nint)b, outputs, inputs, 1)]));
            _owned.Add(w);
            return w;
        }
    }

    /// <summary>A store of keys and values with room for those of the rows.</summary>
    public KeyValueStore EmptyStore(PackedRows rows, int heads, int size, ElementType type)
    {
        KeyValueStore store = device.CreateKeyValueStore(heads, size, type);
        _owned.Add(store);
        store.Reserve(rows.Sequences, Enumerable.Range(0, rows.Sequences).Max(rows.End));
        return store;
    }

    /// <summary>A store of keys and values that holds those of the rows, from position 0 on.</summary>
    public KeyValueStore Store(PackedRows rows, int heads, int size, ElementType type)
    {
        KeyValueStore store = EmptyStore(rows, heads, size, type);
        int[] ends = [.. Enumerable.Range(0, rows.Sequences).Select(rows.End)];
        var all = new PackedRows([0, .. ends.Select((_, s) => ends[..(s + 1)].Sum())], new int[ends.Length]);
        var shape = new Shape(all.Rows, heads, size);
        Ops.AppendKeyValues(Numbers(shape), Numbers(shape), all, store);
        return store;
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(o => o.Dispose());

    private float Number() => (_random.Next(129) - 64) / 32f;
}
