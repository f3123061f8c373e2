using System.Runtime.CompilerServices;
using System.Text;
using static Weir.Kernels.Cuda.Native.CudaConstants;

namespace Weir.Kernels.Cuda.Native;

/// <summary>
/// A real device through libcuda: the device's primary context, which other CUDA code of the process shares, and one
/// stream. Any thread may call, one at a time.
/// </summary>
internal sealed unsafe partial class NativeCudaDriver : ICudaDriver
{
    private const int LeastCapability = 80;

    private readonly CudaLibrary _library;
    private readonly CudaEntryPoints _cuda;
    private readonly int _device;
    private readonly nint _context;
    private readonly List<nint> _modules = [];
    private readonly Dictionary<nint, int> _dynamicSharedBytes = [];
    private CudaLaunch _lastLaunch;
    private bool _recording;

    /// <summary>Opens a device.</summary>
    /// <param name="library">The driver.</param>
    /// <param name="ordinal">Number of the device, from 0 on.</param>
    /// <exception cref="CudaException">There is no such device, it is too old, or it cannot be used.</exception>
    public NativeCudaDriver(CudaLibrary library, int ordinal)
    {
        _library = library;
        _cuda = library.Calls;
        if ((uint)ordinal >= (uint)library.DeviceCount)
        {
            throw new CudaException($"There is no CUDA device {ordinal}: the driver shows {library.DeviceCount}{VisibleDevices()}.");
        }

        fixed (int* device = &_device)
        {
            Check(_cuda.cuDeviceGet(device, ordinal));
        }

        Facts = ReadFacts();
        if (Facts.Capability < LeastCapability)
        {
            throw new CudaException($"{Facts.Name} has compute capability {Facts.Capability / 10}.{Facts.Capability % 10}, but Weir's kernels need 8.0 or later; use --device cpu.");
        }

        fixed (nint* context = &_context)
        {
            Check(_cuda.cuDevicePrimaryCtxRetain(context, _device));
        }

        try
        {
            Enter();
            nint stream;
            Check(_cuda.cuStreamCreate(&stream, StreamNonBlocking));
            Stream = stream;
            OpenPool();
            OpenStaging();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public CudaFacts Facts { get; }

    public nint Stream { get; private set; }

    public nint LoadModule(string name, byte[]? image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Enter();
        const int LogBytes = 16 << 10;
        byte[] info = new byte[LogBytes], errors = new byte[LogBytes];
        fixed (byte* code = image, infoLog = info, errorLog = errors)
        {
            int* options = stackalloc int[] { JitInfoLogBuffer, JitInfoLogBufferSizeBytes, JitErrorLogBuffer, JitErrorLogBufferSizeBytes };
            nint* values = stackalloc nint[] { (nint)infoLog, LogBytes, (nint)errorLog, LogBytes };
            nint module;
            int result = _cuda.cuModuleLoadDataEx(&module, code, 4, options, values);
            if (result != 0)
            {
                throw _library.Failure(result, "_cuda.cuModuleLoadDataEx(", $" for {PtxText.Describe(name, image)}, on {Where()}{Toolchain(result)}; the driver's compiler says: {PtxText.Log(errors, info)}");
            }

            _modules.Add(module);
            return module;
        }
    }

    public nint GetFunction(nint module, string kernel)
    {
        Enter();
        nint function;
        fixed (byte* name = Encoding.UTF8.GetBytes(kernel + '\0'))
        {
            Check(_cuda.cuModuleGetFunction(&function, module, name), $" for the kernel {kernel}, on {Where()}");
        }

        return function;
    }

    public CudaFunctionFacts GetFunctionFacts(nint function, int threads, int sharedBytes)
    {
        Enter();
        AllowSharedBytes(function, sharedBytes);
        int blocks;
        Check(_cuda.cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, threads, (nuint)sharedBytes));
        return new CudaFunctionFacts(
            FunctionAttribute(FunctionRegisters, function), FunctionAttribute(FunctionSharedBytes, function), FunctionAttribute(FunctionLocalBytes, function), blocks);
    }

    public void Launch(in CudaLaunch launch)
    {
        Enter();
        AllowSharedBytes(launch.Function, launch.SharedBytes, launch);
        void* argument = (void*)launch.Arguments;
        int result = _cuda.cuLaunchKernel(
            launch.Function, (uint)launch.Grid.X, (uint)launch.Grid.Y, (uint)launch.Grid.Z, (uint)launch.Threads, 1, 1, (uint)launch.SharedBytes, Stream, &argument, null);
        if (result != 0)
        {
            throw Failure(result, "_cuda.cuLaunchKernel(", $": {launch}, on {Where()}");
        }

        _lastLaunch = launch;
    }

    public void Synchronize()
    {
        Enter("waiting");
        Check(_cuda.cuStreamSynchronize(Stream));
    }

    public nint CreateEvent()
    {
        Enter();
        nint handle;
        Check(_cuda.cuEventCreate(&handle, EventDefault));
        return handle;
    }

    public void RecordEvent(nint handle)
    {
        Enter();
        Check(_cuda.cuEventRecord(handle, Stream));
    }

    public double ElapsedMilliseconds(nint start, nint end)
    {
        Enter("waiting");
        float milliseconds;
        Check(_cuda.cuEventSynchronize(end));
        Check(_cuda.cuEventElapsedTime(&milliseconds, start, end));
        return milliseconds;
    }

    public void DestroyEvent(nint handle)
    {
        Enter();
        CheckRelease(_cuda.cuEventDestroy_v2(handle));
    }

    public void BeginCapture()
    {
        Enter("another recording");

        // Relaxed: what the host does beside the stream, such as loading a module, does no harm to a recording.
        Check(_cuda.cuStreamBeginCapture_v2(Stream, CaptureRelaxed));
        _recording = true;
    }

    public nint EndCapture()
    {
        Enter();
        _recording = false;
        nint graph, executable;
        Check(_cuda.cuStreamEndCapture(Stream, &graph), ": the recording was broken off by a call that a graph cannot hold");
        int result = _cuda.cuGraphInstantiateWithFlags(&executable, graph, 0);
        _ = _cuda.cuGraphDestroy(graph);
        return result == 0 ? executable : throw Failure(result, "_cuda.cuGraphInstantiateWithFlags(", $", on {Where()}");
    }

    public void LaunchGraph(nint graph)
    {
        Enter("another graph");
        Check(_cuda.cuGraphLaunch(graph, Stream));
    }

    public void DestroyGraph(nint graph)
    {
        Enter();
        CheckRelease(_cuda.cuGraphExecDestroy(graph));
    }

    public void EncodeTensorMap(in TensorMapLayout layout, Span<byte> map)
    {
        Enter();
        TensorMapEncoder.Encode(_library, layout, map);
    }

    public void Dispose()
    {
        if (_context == 0 || _cuda.cuCtxSetCurrent(_context) != 0)
        {
            return;
        }

        // After a kernel's fault every call fails, and what the context held is gone with it.
        CloseStaging();
        foreach (nint module in _modules)
        {
            _ = _cuda.cuModuleUnload(module);
        }

        _modules.Clear();
        if (Stream != 0)
        {
            _ = _cuda.cuStreamDestroy_v2(Stream);
            Stream = 0;
        }

        _ = _cuda.cuDevicePrimaryCtxRelease_v2(_device);
    }

    public void Enter()
    {
        if (_cuda.cuCtxSetCurrent(_context) is var result && result != 0)
        {
            throw Failure(result, "_cuda.cuCtxSetCurrent(", $", on {Where()}");
        }
    }

    private static string VisibleDevices() =>
        Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES") is { } visible ? $" with CUDA_VISIBLE_DEVICES={visible}" : "";

    private CudaFacts ReadFacts()
    {
        const int NameBytes = 256;
        byte* name = stackalloc byte[NameBytes];
        Check(_cuda.cuDeviceGetName(name, NameBytes, _device));
        nuint total;
        Check(_cuda.cuDeviceTotalMem_v2(&total, _device));
        return new CudaFacts(
            System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)name)!,
            (10 * DeviceAttribute(ComputeCapabilityMajor)) + DeviceAttribute(ComputeCapabilityMinor),
            DeviceAttribute(MultiprocessorCount),
            (long)total,
            DeviceAttribute(L2CacheSize),
            DeviceAttribute(MaxSharedMemoryPerBlockOptin),
            _library.Version,
            IsEmulated: false)
        {
            ThreadsPerMultiprocessor = DeviceAttribute(MaxThreadsPerMultiprocessor),
        };
    }

    private int DeviceAttribute(int attribute)
    {
        int value;
        Check(_cuda.cuDeviceGetAttribute(&value, attribute, _device));
        return value;
    }

    private int FunctionAttribute(int attribute, nint function)
    {
        int value;
        Check(_cuda.cuFuncGetAttribute(&value, attribute, function));
        return value;
    }

    // A block gets more dynamic shared memory than 48 KiB less its static one only where the kernel has been told to.
    private void AllowSharedBytes(nint function, int bytes, in CudaLaunch launch = default)
    {
        if (bytes == 0)
        {
            return;
        }

        if (!_dynamicSharedBytes.TryGetValue(function, out int allowed))
        {
            allowed = FunctionAttribute(FunctionMaxDynamicSharedBytes, function);
            _dynamicSharedBytes[function] = allowed;
        }

        if (bytes > allowed)
        {
            int result = _cuda.cuFuncSetAttribute(function, FunctionMaxDynamicSharedBytes, bytes);
            if (result != 0)
            {
                throw Failure(result, "_cuda.cuFuncSetAttribute(", $": {(launch.Kernel is null ? $"{bytes} bytes of dynamic shared memory" : launch)}; a block may have {Facts.SharedBytesPerBlock} bytes in all, on {Where()}");
            }

            _dynamicSharedBytes[function] = bytes;
        }
    }

    /// <summary>The same for what a graph cannot hold.</summary>
    private void Enter(string what)
    {
        if (_recording)
        {
            throw CudaException.InRecording(what);
        }

        Enter();
    }

    private void Check(int result, string? detail = null, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != 0)
        {
            throw Failure(result, call, detail ?? $", on {Where()}");
        }
    }

    // What a kernel broke was not the doing of whoever gives memory back, and would hide the error that is on its way.
    private void CheckRelease(int result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (!CudaLibrary.IsFaultOfKernel(result))
        {
            Check(result, null, call);
        }
    }

    private CudaException Failure(int result, string call, string detail) => _library.Failure(result, call, CudaLibrary.IsFaultOfKernel(result) && _lastLaunch.Kernel is not null
        ? $"{detail}; CUDA reports what a kernel did wrong at a later call: the last one launched is {_lastLaunch}, and CUDA_LAUNCH_BLOCKING=1 in the environment shows which one it was"
        : detail);

    private static string Toolchain(int result) =>
        result == UnsupportedPtxVersion ? "; it was compiled by a newer CUDA than the driver's: update the driver, or build Weir with an older nvcc" : "";

    private string Where() =>
        Facts is null ? $"CUDA device {_device}" : $"{Facts.Name}, compute capability {Facts.Capability / 10}.{Facts.Capability % 10}, driver {Facts.DriverVersion / 1000}.{Facts.DriverVersion % 1000 / 10}";
}
