using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda;

/// <summary>
/// The driver of a device that is not there: memory is the host's, kernels are those of kernels/ compiled with g++, their
/// threads fibers. Everything above the driver runs as it does on a GPU. Launches run to their end at once.
/// </summary>
internal sealed unsafe class EmulatedCudaDriver : ICudaDriver
{
    private const int ErrorBytes = 1024;

    private readonly EmulatorLibrary _library = EmulatorLibrary.Instance;
    private readonly ulong _seed;
    private readonly HashSet<nint> _allocated = [];
    private readonly List<List<Recorded>?> _graphs = [];
    private readonly List<long> _events = [];
    private List<Recorded>? _recording;
    private ulong _launches;

    public EmulatedCudaDriver(EmulatorOptions options)
    {
        _seed = (ulong)options.Seed;
        Facts = new CudaFacts("Emulated CUDA", options.Capability, options.Multiprocessors, 16L << 30, 4 << 20, options.Capability >= 90 ? 227 << 10 : 163 << 10, 12040, IsEmulated: true);
    }

    public CudaFacts Facts { get; }

    public long FreeBytes => Facts.TotalBytes;

    public nint Stream => 0;

    public void Enter()
    {
        // The host's memory is every thread's.
    }

    public nint Allocate(long bytes)
    {
        RefuseWhileCapturing("an allocation");
        nint address = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 256);

        // Memory is not zero on a device either: NaN in every type of float.
        NativeMemory.Fill((void*)address, (nuint)bytes, 0xff);
        _allocated.Add(address);
        return address;
    }

    public void Free(nint address)
    {
        RefuseWhileCapturing("giving memory back");
        if (!_allocated.Remove(address))
        {
            throw new CudaException($"Freeing device memory failed: {address:x} was not allocated, or has been freed.");
        }

        NativeMemory.AlignedFree((void*)address);
    }

    public (nint Host, nint Device) AllocateShared(long bytes)
    {
        nint address = Allocate(bytes);
        return (address, address);
    }

    public void FreeShared(nint host) => Free(host);

    public void CopyToDevice(nint destination, ReadOnlySpan<byte> source)
    {
        RefuseWhileCapturing("a copy to the device");
        source.CopyTo(new Span<byte>((void*)destination, source.Length));
    }

    public void CopyToHost(Span<byte> destination, nint source, long rowBytes, long pitch)
    {
        RefuseWhileCapturing("a copy to the host");
        for (int offset = 0; offset < destination.Length; offset += (int)rowBytes, source += (nint)pitch)
        {
            new ReadOnlySpan<byte>((void*)source, (int)rowBytes).CopyTo(destination[offset..]);
        }
    }

    public void CopyOnDevice(nint destination, nint source, long bytes) =>
        Do(() => Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes));

    public void Fill(nint destination, byte value, long bytes) =>
        Do(() => NativeMemory.Fill((void*)destination, (nuint)bytes, value));

    public nint LoadModule(string name, byte[]? image) => image is null
        ? 1
        : throw new CudaException("The emulator runs the kernels that it was built from and loads no PTX; use a real device.");

    public nint GetFunction(nint module, string kernel) => _library.Kernels.TryGetValue(kernel, out int index)
        ? index + 1
        : throw new CudaException($"The emulator has no kernel {kernel}; build it again with make -C kernels/emulator.");

    /// <summary>What the table says that the compiler makes of the kernel for such a device.</summary>
    public CudaFunctionFacts GetFunctionFacts(nint function, int threads, int sharedBytes)
    {
        string name = _library.Kernels.First(k => k.Value == (int)function - 1).Key;
        string[] targets = Facts.Capability >= 90 ? ["sm_90a", "sm_90"] : ["sm_80"];
        return KernelTable.Rows.FirstOrDefault(r => r.Kernel == name && targets.Contains(r.Target)) is { } row
            ? new CudaFunctionFacts(row.Registers, row.SharedBytes, row.StackBytes, KernelOccupancy.BlocksOf(row, threads, sharedBytes, Facts.Capability))
            : default;
    }

    public void Launch(in CudaLaunch launch)
    {
        if (_recording is not null)
        {
            byte[] arguments = new ReadOnlySpan<byte>((void*)launch.Arguments, launch.ArgumentBytes).ToArray();
            _recording.Add(new Recorded(launch, arguments, null));
            return;
        }

        Run(launch, launch.Arguments);
    }

    public void Synchronize() => RefuseWhileCapturing("waiting");

    public nint CreateEvent()
    {
        _events.Add(0);
        return _events.Count;
    }

    public void RecordEvent(nint handle) => Do(() => _events[(int)handle - 1] = Stopwatch.GetTimestamp());

    public double ElapsedMilliseconds(nint start, nint end) =>
        Stopwatch.GetElapsedTime(_events[(int)start - 1], _events[(int)end - 1]).TotalMilliseconds;

    public void DestroyEvent(nint handle)
    {
        // A number costs nothing.
    }

    public void BeginCapture()
    {
        RefuseWhileCapturing("another recording");
        _recording = [];
    }

    public nint EndCapture()
    {
        _graphs.Add(_recording ?? throw new CudaException("Nothing is being recorded."));
        _recording = null;
        return _graphs.Count;
    }

    public void LaunchGraph(nint graph)
    {
        RefuseWhileCapturing("another graph");
        foreach (Recorded r in _graphs[(int)graph - 1]!)
        {
            if (r.Other is not null)
            {
                r.Other();
                continue;
            }

            fixed (byte* arguments = r.Arguments)
            {
                Run(r.Launch, (nint)arguments);
            }
        }
    }

    public void DestroyGraph(nint graph) => _graphs[(int)graph - 1] = null;

    public void EncodeTensorMap(in TensorMapLayout layout, Span<byte> map)
    {
        // The twin of emulator::TensorMap in kernels/emulator.
        map[..128].Clear();
        MemoryMarshal.Write(map, (long)layout.Address);
        MemoryMarshal.Write(map[8..], layout.RowBytes);
        MemoryMarshal.Write(map[16..], layout.Rows);
        MemoryMarshal.Write(map[20..], layout.Columns);
        MemoryMarshal.Write(map[24..], layout.BoxRows);
        MemoryMarshal.Write(map[28..], layout.BoxColumns);
        MemoryMarshal.Write(map[32..], layout.Type.Size());
        MemoryMarshal.Write(map[36..], layout.Swizzled ? 1 : 0);
    }

    public void Dispose()
    {
        // Buffers are their owners' to free.
    }

    private void Run(in CudaLaunch launch, nint arguments)
    {
        if (launch.SharedBytes > Facts.SharedBytesPerBlock)
        {
            throw new CudaException($"Launching failed: {launch}: a block may have {Facts.SharedBytesPerBlock} bytes.");
        }

        uint* grid = stackalloc uint[] { (uint)launch.Grid.X, (uint)launch.Grid.Y, (uint)launch.Grid.Z };
        uint* block = stackalloc uint[] { (uint)launch.Threads, 1, 1 };
        byte* error = stackalloc byte[ErrorBytes];
        ulong seed = _seed == 0 ? 0 : (_seed * 0x9E3779B97F4A7C15UL) + ++_launches;
        if (_library.Launch((int)launch.Function - 1, arguments, launch.ArgumentBytes, grid, block, launch.SharedBytes, seed, error, ErrorBytes) != 0)
        {
            throw new CudaException($"The emulator stopped {launch}, seed {seed}: {Marshal.PtrToStringUTF8((nint)error)}.");
        }
    }

    private void Do(Action work)
    {
        if (_recording is not null)
        {
            _recording.Add(new Recorded(default, null, work));
        }
        else
        {
            work();
        }
    }

    private void RefuseWhileCapturing(string what)
    {
        if (_recording is not null)
        {
            throw CudaException.InRecording(what);
        }
    }

    private sealed record Recorded(CudaLaunch Launch, byte[]? Arguments, Action? Other);
}
