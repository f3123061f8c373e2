using System.Runtime.InteropServices;
using Weir.Kernels.Cuda;

namespace Weir.Kernels.Tests;

/// <summary>One launch on the emulator with a seed of its own, without an op around it.</summary>
internal sealed unsafe class EmulatorRun : IDisposable
{
    private readonly EmulatedCudaDriver _driver;
    private readonly List<nint> _memory = [];

    public EmulatorRun(long seed)
    {
        Assert.SkipUnless(EmulatorLibrary.Location is not null, "The emulator's library is not built: make -C kernels/emulator.");
        _driver = new EmulatedCudaDriver(new EmulatorOptions { Capability = 90, Seed = seed });
    }

    /// <summary>The device.</summary>
    public ICudaDriver Driver => _driver;

    /// <summary>Device memory with these numbers.</summary>
    public T* Input<T>(T[] values)
        where T : unmanaged
    {
        nint address = _driver.Allocate(values.Length * sizeof(T));
        _memory.Add(address);
        _driver.CopyToDevice(address, MemoryMarshal.AsBytes(values.AsSpan()));
        return (T*)address;
    }

    /// <summary>Device memory full of NaN.</summary>
    public float* Output(int count)
    {
        nint address = _driver.Allocate(count * sizeof(float));
        _memory.Add(address);
        return (float*)address;
    }

    /// <summary>What is in device memory.</summary>
    public float[] Read(float* source, int count)
    {
        var values = new float[count];
        _driver.CopyToHost(MemoryMarshal.AsBytes(values.AsSpan()), (nint)source, count * sizeof(float), count * sizeof(float));
        return values;
    }

    /// <summary>Runs a kernel to its end.</summary>
    public void Launch<T>(string kernel, int blocks, int threads, T arguments, int sharedBytes = 0)
        where T : unmanaged =>
        _driver.Launch(new CudaLaunch(_driver.GetFunction(1, kernel), kernel, new Grid(blocks), threads, sharedBytes, (nint)(&arguments), sizeof(T)));

    public void Dispose()
    {
        foreach (nint address in _memory)
        {
            _driver.Free(address);
        }

        _driver.Dispose();
    }
}
