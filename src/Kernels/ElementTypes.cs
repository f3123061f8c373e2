using System.Runtime.InteropServices;

namespace Weir.Kernels;

/// <summary>Facts about <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    /// <summary>Size of one element in bytes.</summary>
    public static int Size(this ElementType type) => type is ElementType.F32 or ElementType.I32 ? 4 : 2;

    /// <summary>The name that safetensors and the command line use.</summary>
    public static string Name(this ElementType type) => type.ToString().ToLowerInvariant();

    /// <summary>Reads stored elements as f32; every one is exact.</summary>
    /// <param name="type">F32, bf16 or f16.</param>
    /// <param name="bits">The elements.</param>
    /// <param name="values">As many, written.</param>
    public static void Widen(this ElementType type, ReadOnlySpan<byte> bits, Span<float> values)
    {
        RequireWeights(type, bits.Length, values.Length);
        ReadOnlySpan<ushort> halves = type == ElementType.F32 ? [] : MemoryMarshal.Cast<byte, ushort>(bits);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = type switch
            {
                ElementType.F32 => MemoryMarshal.Read<float>(bits[(i * sizeof(float))..]),
                ElementType.BF16 => BitConverter.UInt32BitsToSingle((uint)halves[i] << 16),
                _ => (float)BitConverter.UInt16BitsToHalf(halves[i]),
            };
        }
    }

    /// <summary>Stores f32 numbers, rounded to nearest with ties to even.</summary>
    /// <param name="type">F32, bf16 or f16.</param>
    /// <param name="values">The numbers.</param>
    /// <param name="bits">As many elements, written.</param>
    public static void Narrow(this ElementType type, ReadOnlySpan<float> values, Span<byte> bits)
    {
        RequireWeights(type, bits.Length, values.Length);
        if (type == ElementType.F32)
        {
            MemoryMarshal.AsBytes(values).CopyTo(bits);
            return;
        }

        Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bits);
        for (int i = 0; i < values.Length; i++)
        {
            halves[i] = type == ElementType.F16 ? BitConverter.HalfToUInt16Bits((Half)values[i]) : BFloat16Bits(values[i]);
        }
    }

    // Rounding could carry a NaN's payload into infinity: cut it and keep it quiet.
    private static ushort BFloat16Bits(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static void RequireWeights(ElementType type, int bytes, int count)
    {
        if (type == ElementType.I32 || bytes != count * type.Size())
        {
            throw new ArgumentException($"{bytes} bytes of {type.Name()} do not hold {count} numbers.", nameof(type));
        }
    }
}
