using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ManagedCuda.BasicTypes;
using Weir.Kernels.Cuda.Native;
using static ManagedCuda.DriverAPINativeMethods;

namespace Weir.Kernels.Cuda.Managed;

/// <summary>
/// A real device through ManagedCuda, for who builds with -p:CudaBinding=ManagedCuda. It does what
/// <see cref="NativeCudaDriver"/> does in the plainest way: copies wait, and memory is not pooled.
/// </summary>
internal sealed unsafe class ManagedCudaDriver : ICudaDriver
{
    private const int LeastCapability = 80;

    private readonly CUdevice _device;
    private readonly CUcontext _context;
    private readonly CUstream _stream;
    private readonly List<CUmodule> _modules = [];
    private readonly Dictionary<nint, int> _dynamicSharedBytes = [];
    private readonly IntPtr[] _parameters = new IntPtr[1];
    private bool _recording;

    /// <summary>Opens a device.</summary>
    /// <param name="ordinal">Number of the device, from 0 on.</param>
    /// <exception cref="CudaException">There is no driver, no such device, or it is too old.</exception>
    public ManagedCudaDriver(int ordinal)
    {
        try
        {
            Check(cuInit(CUInitializationFlags.None));
        }
        catch (DllNotFoundException e)
        {
            throw new CudaException("There is no CUDA driver on this machine (ManagedCuda cannot load it); install NVIDIA's driver, or use --device cpu.", e);
        }

        int count = 0;
        Check(DeviceManagement.cuDeviceGetCount(ref count));
        if ((uint)ordinal >= (uint)count)
        {
            throw new CudaException($"There is no CUDA device {ordinal}: the driver shows {count}.");
        }

        Check(DeviceManagement.cuDeviceGet(ref _device, ordinal));
        Facts = ReadFacts();
        if (Facts.Capability < LeastCapability)
        {
            throw new CudaException($"{Facts.Name} has compute capability {Facts.Capability / 10}.{Facts.Capability % 10}, but Weir's kernels need 8.0 or later; use --device cpu.");
        }

        Check(ContextManagement.cuDevicePrimaryCtxRetain(ref _context, _device));
        try
        {
            Enter();
            Check(Streams.cuStreamCreate(ref _stream, CUStreamFlags.NonBlocking));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public CudaFacts Facts { get; }

    public nint Stream => _stream.Pointer;

    public long FreeBytes
    {
        get
        {
            Enter();
            SizeT free = 0, total = 0;
            Check(MemoryManagement.cuMemGetInfo_v2(ref free, ref total));
            return (long)(ulong)free;
        }
    }

    public void Enter() => Check(ContextManagement.cuCtxSetCurrent(_context));

    public nint Allocate(long bytes)
    {
        Enter("an allocation");
        CUdeviceptr address = default;
        Check(MemoryManagement.cuMemAlloc_v2(ref address, Math.Max(bytes, 1)), $": {bytes:N0} bytes were asked for");
        return (nint)(ulong)address.Pointer;
    }

    public void Free(nint address)
    {
        Enter("giving memory back");
        CheckRelease(MemoryManagement.cuMemFree_v2(Pointer(address)));
    }

    public (nint Host, nint Device) AllocateShared(long bytes)
    {
        Enter("an allocation");
        IntPtr host = 0;
        CUdeviceptr device = default;
        Check(MemoryManagement.cuMemHostAlloc(ref host, bytes, CUMemHostAllocFlags.DeviceMap), $": {bytes:N0} bytes of pinned host memory were asked for");
        Check(MemoryManagement.cuMemHostGetDevicePointer_v2(ref device, host, 0));
        return (host, (nint)(ulong)device.Pointer);
    }

    public void FreeShared(nint host)
    {
        Enter("giving memory back");
        CheckRelease(MemoryManagement.cuMemFreeHost(host));
    }

    public void CopyToDevice(nint destination, ReadOnlySpan<byte> source)
    {
        Enter("a copy to the device");
        fixed (byte* from = source)
        {
            Check(AsynchronousMemcpy_v2.cuMemcpyHtoDAsync_v2(Pointer(destination), (nint)from, source.Length, _stream));
            Check(Streams.cuStreamSynchronize(_stream));
        }
    }

    public void CopyToHost(Span<byte> destination, nint source, long rowBytes, long pitch)
    {
        Enter("a copy to the host");
        fixed (byte* to = destination)
        {
            if (pitch == rowBytes || destination.Length <= rowBytes)
            {
                Check(AsynchronousMemcpy_v2.cuMemcpyDtoHAsync_v2((nint)to, Pointer(source), destination.Length, _stream));
            }
            else
            {
                var copy = new CUDAMemCpy2D
                {
                    srcMemoryType = CUMemoryType.Device,
                    srcDevice = Pointer(source),
                    srcPitch = pitch,
                    dstMemoryType = CUMemoryType.Host,
                    dstHost = (nint)to,
                    dstPitch = rowBytes,
                    WidthInBytes = rowBytes,
                    Height = destination.Length / rowBytes,
                };
                Check(AsynchronousMemcpy_v2.cuMemcpy2DAsync_v2(ref copy, _stream));
            }

            Check(Streams.cuStreamSynchronize(_stream));
        }
    }

    public void CopyOnDevice(nint destination, nint source, long bytes)
    {
        Enter();
        Check(AsynchronousMemcpy_v2.cuMemcpyDtoDAsync_v2(Pointer(destination), Pointer(source), bytes, _stream));
    }

    public void Fill(nint destination, byte value, long bytes)
    {
        Enter();
        Check(MemsetAsync.cuMemsetD8Async(Pointer(destination), value, bytes, _stream));
    }

    public nint LoadModule(string name, byte[]? image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Enter();
        const int LogBytes = 16 << 10;
        byte[] info = new byte[LogBytes], errors = new byte[LogBytes];
        fixed (byte* infoLog = info, errorLog = errors)
        {
            CUJITOption[] options = [CUJITOption.InfoLogBuffer, CUJITOption.InfoLogBufferSizeBytes, CUJITOption.ErrorLogBuffer, CUJITOption.ErrorLogBufferSizeBytes];
            IntPtr[] values = [(nint)infoLog, LogBytes, (nint)errorLog, LogBytes];
            CUmodule module = default;
            CUResult result = ModuleManagement.cuModuleLoadDataEx(ref module, image, (uint)options.Length, options, values);
            if (result != CUResult.Success)
            {
                Check(result, $" for {PtxText.Describe(name, image)}; the driver's compiler says: {PtxText.Log(errors, info)}", ".cuModuleLoadDataEx(");
            }

            _modules.Add(module);
            return module.Pointer;
        }
    }

    public nint GetFunction(nint module, string kernel)
    {
        Enter();
        CUfunction function = default;
        Check(ModuleManagement.cuModuleGetFunction(ref function, new CUmodule { Pointer = module }, kernel), $" for the kernel {kernel}");
        return function.Pointer;
    }

    public CudaFunctionFacts GetFunctionFacts(nint function, int threads, int sharedBytes)
    {
        Enter();
        AllowSharedBytes(function, sharedBytes);
        int blocks = 0;
        Check(Occupancy.cuOccupancyMaxActiveBlocksPerMultiprocessor(ref blocks, Function(function), threads, sharedBytes));
        return new CudaFunctionFacts(
            Attribute(CUFunctionAttribute.NumRegs, function), Attribute(CUFunctionAttribute.SharedSizeBytes, function), Attribute(CUFunctionAttribute.LocalSizeBytes, function), blocks);
    }

    public void Launch(in CudaLaunch launch)
    {
        Enter();
        AllowSharedBytes(launch.Function, launch.SharedBytes);
        _parameters[0] = launch.Arguments;
        CUResult result = ManagedCuda.DriverAPINativeMethods.Launch.cuLaunchKernel(
            Function(launch.Function), (uint)launch.Grid.X, (uint)launch.Grid.Y, (uint)launch.Grid.Z, (uint)launch.Threads, 1, 1, (uint)launch.SharedBytes, _stream, _parameters, null);
        if (result != CUResult.Success)
        {
            Check(result, $": {launch}", ".cuLaunchKernel(");
        }
    }

    public void Synchronize()
    {
        Enter("waiting");
        Check(Streams.cuStreamSynchronize(_stream));
    }

    public nint CreateEvent()
    {
        Enter();
        CUevent handle = default;
        Check(Events.cuEventCreate(ref handle, CUEventFlags.Default));
        return handle.Pointer;
    }

    public void RecordEvent(nint handle)
    {
        Enter();
        Check(Events.cuEventRecord(Event(handle), _stream));
    }

    public double ElapsedMilliseconds(nint start, nint end)
    {
        Enter("waiting");
        float milliseconds = 0;
        Check(Events.cuEventSynchronize(Event(end)));
        Check(Events.cuEventElapsedTime(ref milliseconds, Event(start), Event(end)));
        return milliseconds;
    }

    public void DestroyEvent(nint handle)
    {
        Enter();
        CheckRelease(Events.cuEventDestroy_v2(Event(handle)));
    }

    public void BeginCapture()
    {
        Enter("another recording");
        Check(Streams.cuStreamBeginCapture(_stream, CUstreamCaptureMode.Relaxed));
        _recording = true;
    }

    public nint EndCapture()
    {
        Enter();
        _recording = false;
        CUgraph graph = default;
        CUgraphExec executable = default;
        Check(Streams.cuStreamEndCapture(_stream, ref graph));
        CUResult result = GraphManagment.cuGraphInstantiate(ref executable, graph, CUgraphInstantiate_flags.None);
        _ = GraphManagment.cuGraphDestroy(graph);
        Check(result, "", ".cuGraphInstantiate(");
        return executable.Pointer;
    }

    public void LaunchGraph(nint graph)
    {
        Enter("another graph");
        Check(GraphManagment.cuGraphLaunch(new CUgraphExec { Pointer = graph }, _stream));
    }

    public void DestroyGraph(nint graph)
    {
        Enter();
        CheckRelease(GraphManagment.cuGraphExecDestroy(new CUgraphExec { Pointer = graph }));
    }

    public void EncodeTensorMap(in TensorMapLayout layout, Span<byte> map)
    {
        // ManagedCuda hands the driver a copy of the map, which need not lie on the multiple of 64 that the driver wants.
        Enter();
        TensorMapEncoder.Encode(CudaLibrary.Instance, layout, map);
    }

    public void Dispose()
    {
        if (ContextManagement.cuCtxSetCurrent(_context) != CUResult.Success)
        {
            return;
        }

        foreach (CUmodule module in _modules)
        {
            _ = ModuleManagement.cuModuleUnload(module);
        }

        _modules.Clear();
        _ = Streams.cuStreamDestroy_v2(_stream);
        _ = ContextManagement.cuDevicePrimaryCtxRelease(_device);
    }

    private static CUdeviceptr Pointer(nint address) => new() { Pointer = address };

    private static CUfunction Function(nint handle) => new() { Pointer = handle };

    private static CUevent Event(nint handle) => new() { Pointer = handle };

    private CudaFacts ReadFacts()
    {
        byte[] name = new byte[256];
        Check(DeviceManagement.cuDeviceGetName(name, name.Length, _device));
        SizeT total = 0;
        Check(DeviceManagement.cuDeviceTotalMem_v2(ref total, _device));
        int version = 0;
        Check(cuDriverGetVersion(ref version));
        int Device(CUDeviceAttribute attribute)
        {
            int value = 0;
            Check(DeviceManagement.cuDeviceGetAttribute(ref value, attribute, _device), call: ".cuDeviceGetAttribute(");
            return value;
        }

        return new CudaFacts(
            Encoding.UTF8.GetString(name, 0, Array.IndexOf(name, (byte)0)),
            (10 * Device(CUDeviceAttribute.ComputeCapabilityMajor)) + Device(CUDeviceAttribute.ComputeCapabilityMinor),
            Device(CUDeviceAttribute.MultiProcessorCount),
            (long)(ulong)total,
            Device(CUDeviceAttribute.L2CacheSize),
            Device(CUDeviceAttribute.MaxSharedMemoryPerBlockOptin),
            version,
            IsEmulated: false)
        {
            ThreadsPerMultiprocessor = Device(CUDeviceAttribute.MaxThreadsPerMultiProcessor),
        };
    }

    private int Attribute(CUFunctionAttribute attribute, nint function)
    {
        int value = 0;
        Check(FunctionManagement.cuFuncGetAttribute(ref value, attribute, Function(function)));
        return value;
    }

    private void AllowSharedBytes(nint function, int bytes)
    {
        if (bytes == 0)
        {
            return;
        }

        if (!_dynamicSharedBytes.TryGetValue(function, out int allowed))
        {
            allowed = Attribute(CUFunctionAttribute.MaxDynamicSharedSizeBytes, function);
            _dynamicSharedBytes[function] = allowed;
        }

        if (bytes > allowed)
        {
            CUResult result = FunctionManagement.cuFuncSetAttribute(Function(function), CUFunctionAttribute.MaxDynamicSharedSizeBytes, bytes);
            Check(result, result == CUResult.Success ? "" : $": {bytes} bytes of dynamic shared memory; a block may have {Facts.SharedBytesPerBlock} bytes in all", ".cuFuncSetAttribute(");
            _dynamicSharedBytes[function] = bytes;
        }
    }

    private void Enter(string what)
    {
        if (_recording)
        {
            throw CudaException.InRecording(what);
        }

        Enter();
    }

    private void CheckRelease(CUResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (!CudaLibrary.IsFaultOfKernel((int)result))
        {
            Check(result, null, call);
        }
    }

    private void Check(CUResult result, string? detail = null, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result == CUResult.Success)
        {
            return;
        }

        IntPtr name = 0, text = 0;
        _ = ErrorHandling.cuGetErrorName(result, ref name);
        _ = ErrorHandling.cuGetErrorString(result, ref text);
        string where = Facts is null ? "" : $", on {Facts.Name}";
        string late = CudaLibrary.IsFaultOfKernel((int)result) ? "; CUDA reports what a kernel did wrong at a later call, and CUDA_LAUNCH_BLOCKING=1 in the environment shows which one it was" : "";
        throw new CudaException($"{CudaLibrary.EntryPoint(call)} failed with {Marshal.PtrToStringUTF8(name) ?? result.ToString()} ({Marshal.PtrToStringUTF8(text)}){detail}{where}{late}.");
    }
}
