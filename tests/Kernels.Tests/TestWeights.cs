using System.Runtime.InteropServices;

namespace Weir.Kernels.Tests;

/// <summary>Weight matrices for tests, from host memory in every layout that a file may have.</summary>
internal static unsafe class TestWeights
{
    /// <summary>Rounds values to a type and back.</summary>
    public static float[] Round(float[] values, ElementType type) => Array.ConvertAll(values, v => type switch
    {
        ElementType.BF16 => BitConverter.UInt32BitsToSingle(BFloat16(v) << 16),
        ElementType.F16 => (float)(Half)v,
        _ => v,
    });

    /// <summary>Loads W [outputs, inputs] from rows that lie side by side, at an address that nothing is aligned to.</summary>
    public static WeightMatrix Load(IDevice device, float[] values, int outputs, int inputs, ElementType type = ElementType.F32) =>
        Load(device, values, outputs, inputs, type, transposed: false, outputs);

    /// <summary>Loads W [outputs, inputs] in parts of so many outputs, each in memory of its own.</summary>
    public static WeightMatrix Load(IDevice device, float[] values, int outputs, int inputs, ElementType type, bool transposed, params int[] partOutputs)
    {
        const int Odd = 3, Gap = 7;
        int size = type.Size();
        var parts = new List<MatrixPart>();
        var blocks = new List<nint>();
        try
        {
            int first = 0;
            foreach (int count in partOutputs)
            {
                long outputStride = transposed ? 1 : inputs + Gap, inputStride = transposed ? count + Gap : 1;
                long elements = transposed ? inputs * inputStride : count * outputStride;
                byte* block = (byte*)NativeMemory.Alloc((nuint)((elements * size) + Odd));
                blocks.Add((nint)block);
                for (int o = 0; o < count; o++)
                {
                    for (int i = 0; i < inputs; i++)
                    {
                        Write(block + Odd + (((o * outputStride) + (i * inputStride)) * size), values[((first + o) * inputs) + i], type);
                    }
                }

                parts.Add(new MatrixPart((nint)block + Odd, count, outputStride, inputStride));
                first += count;
            }

            return device.Load(new MatrixSource(inputs, outputs, type, parts));
        }
        finally
        {
            foreach (nint block in blocks)
            {
                NativeMemory.Free((void*)block);
            }
        }
    }

    private static void Write(byte* to, float value, ElementType type)
    {
        switch (type)
        {
            case ElementType.F32:
                MemoryMarshal.Write(new Span<byte>(to, 4), value);
                break;
            case ElementType.F16:
                MemoryMarshal.Write(new Span<byte>(to, 2), (Half)value);
                break;
            default:
                MemoryMarshal.Write(new Span<byte>(to, 2), (ushort)BFloat16(value));
                break;
        }
    }

    private static uint BFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (bits >> 16) | 0x40 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    }
}
