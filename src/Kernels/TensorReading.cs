using System.Runtime.InteropServices;

namespace Weir.Kernels;

/// <summary>Tensors as arrays of the host.</summary>
public static class TensorReading
{
    /// <summary>All values of a tensor, in its order. Waits for what was queued before.</summary>
    /// <typeparam name="T">The tensor's element type.</typeparam>
    /// <param name="device">The tensor's device.</param>
    /// <param name="tensor">The tensor.</param>
    public static T[] Read<T>(this IDevice device, Tensor tensor)
        where T : unmanaged
    {
        T[] values = new T[tensor.Shape.Count];
        device.Read(tensor, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
