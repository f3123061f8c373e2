namespace Weir.Kernels.Cuda;

/// <summary>A library of matrix products on a device, in the place of Weir's own kernels where it is faster.</summary>
internal interface ICudaBlas : IDisposable
{
    /// <summary>What it is called.</summary>
    string Name { get; }

    /// <summary>Queues y = x W^T + bias or y = addend + x W^T, sums in f32.</summary>
    /// <returns>False where the library has no algorithm for such operands; then nothing is queued.</returns>
    /// <exception cref="CudaException">A call to the library failed.</exception>
    bool Multiply(in BlasProduct product);
}
