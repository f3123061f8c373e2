using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir.Engine.Checkpoints;

/// <summary>
/// A tensor in a mapped file: no copy, valid until the file is disposed, not necessarily aligned to its element size.
/// </summary>
public sealed class TensorView
{
    private readonly SafetensorsFile _file;
    private readonly long _begin;
    private readonly long[] _shape;

    internal TensorView(SafetensorsFile file, string name, StoredType type, long[] shape, long begin, long length)
    {
        _file = file;
        _begin = begin;
        _shape = shape;
        Name = name;
        Type = type;
        ByteLength = length;
    }

    /// <summary>Name in the file.</summary>
    public string Name { get; }

    /// <summary>Element type.</summary>
    public StoredType Type { get; }

    /// <summary>Sizes of the dimensions, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Number of elements.</summary>
    public long ElementCount
    {
        get
        {
            long count = 1;
            foreach (long size in _shape)
                count *= size;
            return count;
        }
    }

    /// <summary>Number of bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Path of the file that holds the tensor.</summary>
    public string File => _file.Path;

    /// <summary>Address of the first byte.</summary>
    public nint Pointer => _file.Address(_begin);

    /// <summary>The bytes of a tensor below 2 GiB; use <see cref="Pointer"/> for larger ones.</summary>
    public unsafe ReadOnlySpan<byte> Bytes => new((void*)Pointer, checked((int)ByteLength));

    /// <summary>The shape as messages show it, [2, 3].</summary>
    public string ShapeText => Text(_shape);

    /// <summary>Copies elements from <paramref name="start"/> on as F32; F32, F16 and BF16 tensors only.</summary>
    public unsafe void Read(long start, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, ElementCount - destination.Length);
        byte* source = (byte*)Pointer + start * (Type.Bits() / 8);
        switch (Type)
        {
            case StoredType.F32:
                new ReadOnlySpan<byte>(source, checked(destination.Length * 4)).CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case StoredType.BF16:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(source + 2L * i) << 16);
                break;
            case StoredType.F16:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = (float)Unsafe.ReadUnaligned<Half>(source + 2L * i);
                break;
            default:
                throw Unavailable("floating-point numbers", "F32, F16 or BF16");
        }
    }

    /// <summary>All elements as F32; for small tensors such as norms, biases and references.</summary>
    public float[] ToFloat32()
    {
        float[] values = new float[ElementCount];
        Read(0, values);
        return values;
    }

    /// <summary>All elements of an I64 or I32 tensor.</summary>
    public unsafe long[] ToInt64()
    {
        long[] values = new long[ElementCount];
        byte* source = (byte*)Pointer;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Type switch
            {
                StoredType.I64 => Unsafe.ReadUnaligned<long>(source + 8L * i),
                StoredType.I32 => Unsafe.ReadUnaligned<int>(source + 4L * i),
                _ => throw Unavailable("integers", "I64 or I32"),
            };
        }

        return values;
    }

    /// <summary>
    /// Lets the system drop the tensor's pages, so that a loader that packs tensor after tensor does not hold the file
    /// in memory as well as its copy. The tensor stays readable. Does nothing where the system has no such call.
    /// </summary>
    public void Release() => _file.Release(_begin, ByteLength);

    internal static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    private CheckpointException Unavailable(string wanted, string types) =>
        new(CheckpointError.DTypeUnavailable, File, Name, $"is stored as {Type} and cannot be read as {wanted}", $"convert it to {types}");
}
