using System.Runtime.InteropServices;

namespace Weir.Kernels;

/// <summary>
/// Normal numbers in host memory for measurements in true shapes. Matrices and tensors of any size are put together of
/// windows of one block of numbers, each at a place of its own, so that 16 GB of weights cost neither the host's memory nor
/// the time to draw 8 billion numbers. The same seed gives the same numbers.
/// </summary>
public sealed unsafe class NormalNumbers : IDisposable
{
    private readonly ElementType _type;
    private readonly long _count;
    private byte* _block;

    /// <summary>Draws a block.</summary>
    /// <param name="type">F32, bf16 or f16.</param>
    /// <param name="deviation">Standard deviation; the mean is 0.</param>
    /// <param name="seed">The same seed gives the same numbers.</param>
    /// <param name="count">Numbers in the block.</param>
    public NormalNumbers(ElementType type, float deviation, long seed, long count = 1 << 22)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        _type = type;
        _count = count;
        _block = (byte*)NativeMemory.Alloc((nuint)(count * type.Size()));
        ulong state = unchecked((ulong)seed);
        for (long i = 0; i < count; i += 2)
        {
            // Box and Muller 1958: two normal numbers of two even ones.
            ulong bits = Next(ref state);
            float radius = deviation * MathF.Sqrt(-2 * MathF.Log(((bits >> 32) + 1) * (1f / 4294967296f)));
            (float sin, float cos) = MathF.SinCos((uint)bits * (MathF.Tau / 4294967296f));
            Put(i, radius * cos);
            Put(Math.Min(i + 1, count - 1), radius * sin);
        }
    }

    /// <summary>A matrix of these numbers, valid until they are disposed.</summary>
    /// <param name="inputs">At most half as many as there are numbers.</param>
    /// <param name="outputs">Its outputs.</param>
    /// <param name="seed">Draws the windows' places.</param>
    public MatrixSource Matrix(int inputs, int outputs, long seed)
    {
        ObjectDisposedException.ThrowIf(_block is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputs, _count / 2);
        int rows = (int)Math.Min(outputs, _count / 2 / inputs);
        var parts = new List<MatrixPart>();
        ulong state = unchecked((ulong)seed);
        for (int first = 0; first < outputs; first += rows)
        {
            int count = Math.Min(rows, outputs - first);
            parts.Add(new MatrixPart((nint)Window((long)count * inputs, ref state), count, inputs, 1));
        }

        return new MatrixSource(inputs, outputs, _type, parts);
    }

    /// <summary>Fills a contiguous tensor of the numbers' type.</summary>
    /// <param name="device">The tensor's device.</param>
    /// <param name="destination">Written.</param>
    /// <param name="seed">Draws the windows' places.</param>
    public void Write(IDevice device, Tensor destination, long seed)
    {
        ObjectDisposedException.ThrowIf(_block is null, this);
        Tensor flat = destination.Reshape(checked((int)destination.Shape.Count));
        ulong state = unchecked((ulong)seed);
        for (int first = 0; first < flat.Rows;)
        {
            int count = (int)Math.Min(flat.Rows - first, _count / 2);
            device.Write(flat.RowRange(first, count), new ReadOnlySpan<byte>(Window(count, ref state), count * _type.Size()));
            first += count;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_block);
        _block = null;
    }

    private byte* Window(long count, ref ulong state) =>
        _block + ((long)(Next(ref state) % (ulong)(_count - count + 1)) * _type.Size());

    // splitmix64 (Steele, Lea and Flood 2014).
    private static ulong Next(ref ulong state)
    {
        ulong z = unchecked(state += 0x9E3779B97F4A7C15UL);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
        return z ^ (z >> 31);
    }

    private void Put(long i, float value)
    {
        switch (_type)
        {
            case ElementType.F32:
                ((float*)_block)[i] = value;
                break;
            case ElementType.BF16:
                uint bits = BitConverter.SingleToUInt32Bits(value);
                ((ushort*)_block)[i] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
                break;
            case ElementType.F16:
                ((Half*)_block)[i] = (Half)value;
                break;
            default:
                throw new ArgumentException($"Normal numbers are of a float type, not {_type.Name()}.");
        }
    }
}
