namespace Weir.Kernels.Cuda;

/// <summary>
/// A kernel that the caller launches himself, in the order of the device's ops and onto the same stream; see
/// <see cref="CudaDevice.LoadKernel"/>. It takes one struct by value and lives as long as the device.
/// </summary>
public sealed unsafe class UserKernel
{
    private readonly CudaDevice _device;
    private readonly nint _function;

    internal UserKernel(CudaDevice device, nint function, string name)
    {
        _device = device;
        _function = function;
        Name = name;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Queues a launch; inside a recording it becomes part of it.</summary>
    /// <typeparam name="T">The kernel's parameter, field for field in the order and with the alignment of C.</typeparam>
    /// <param name="grid">Blocks.</param>
    /// <param name="threads">Threads a block, in x.</param>
    /// <param name="sharedBytes">Dynamic shared memory a block.</param>
    /// <param name="arguments">The parameter; addresses in it are <see cref="Tensor.Address"/> of this device's tensors.</param>
    /// <exception cref="CudaException">The device cannot launch it so; the message names kernel, grid and device.</exception>
    public void Launch<T>(Grid grid, int threads, int sharedBytes, in T arguments)
        where T : unmanaged
    {
        fixed (T* a = &arguments)
        {
            _device.Launch(new CudaLaunch(_function, Name, grid, threads, sharedBytes, (nint)a, sizeof(T)), "", default);
        }
    }
}
