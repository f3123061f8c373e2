using System.Runtime.InteropServices;

namespace Weir.Kernels;

/// <summary>Matrices of a caller's own numbers, for callers that hold arrays and no addresses.</summary>
public static class HostMatrices
{
    /// <summary>Takes F32 matrices as one, their outputs one after another.</summary>
    /// <param name="device">The device.</param>
    /// <param name="inputs">Width of the product's operand.</param>
    /// <param name="transposed">False for parts [outputs, inputs], true for parts [inputs, outputs].</param>
    /// <param name="parts">The matrices, each a whole number of outputs; they may be changed afterwards.</param>
    public static WeightMatrix Load(this IDevice device, int inputs, bool transposed, params ReadOnlySpan<float[]> parts)
    {
        var pins = new GCHandle[parts.Length];
        var sources = new MatrixPart[parts.Length];
        try
        {
            for (int i = 0; i < parts.Length; i++)
            {
                int outputs = parts[i].Length / inputs;
                pins[i] = GCHandle.Alloc(parts[i], GCHandleType.Pinned);
                sources[i] = new MatrixPart(pins[i].AddrOfPinnedObject(), outputs, transposed ? 1 : inputs, transposed ? outputs : 1);
            }

            return device.Load(new MatrixSource(inputs, sources.Sum(s => s.Outputs), ElementType.F32, sources));
        }
        finally
        {
            foreach (GCHandle pin in pins.Where(p => p.IsAllocated))
            {
                pin.Free();
            }
        }
    }
}
