using System.Runtime.InteropServices;

namespace Weir.Kernels.Bench;

/// <summary>Weight matrices of random numbers.</summary>
internal static class BenchWeights
{
    /// <summary>Loads W [outputs, inputs] of numbers between -scale and scale.</summary>
    public static WeightMatrix Load(IDevice device, int outputs, int inputs, ElementType type = ElementType.F32, double scale = 0.05)
    {
        var random = new Random(2);
        byte[] bytes = new byte[(long)outputs * inputs * type.Size()];
        for (int i = 0; i < bytes.Length; i += type.Size())
        {
            float v = (float)(((2 * random.NextDouble()) - 1) * scale);
            switch (type)
            {
                case ElementType.F32:
                    MemoryMarshal.Write(bytes.AsSpan(i), v);
                    break;
                case ElementType.F16:
                    MemoryMarshal.Write(bytes.AsSpan(i), (Half)v);
                    break;
                default:
                    MemoryMarshal.Write(bytes.AsSpan(i), (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16));
                    break;
            }
        }

        GCHandle pinned = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        try
        {
            return device.Load(new MatrixSource(inputs, outputs, type, [new MatrixPart(pinned.AddrOfPinnedObject(), outputs, inputs, 1)]));
        }
        finally
        {
            pinned.Free();
        }
    }
}
