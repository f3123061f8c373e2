using System.Globalization;
using System.Text;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cuda.Native;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

/// <summary>A CUDA device, real or emulated.</summary>
public sealed class CudaDevice : IDevice
{
    private readonly CudaOps _ops;
    private readonly string _name;
    private readonly Lazy<ICudaBlas?> _blas;

    /// <summary>Makes a device of a driver.</summary>
    /// <param name="driver">What it runs on.</param>
    /// <param name="options">How it computes.</param>
    /// <param name="name">What opens it again.</param>
    /// <param name="blas">Opens a library of products when it is first wanted; null for none.</param>
    internal CudaDevice(ICudaDriver driver, CudaOptions? options, string name, Func<CudaDevice, ICudaBlas?>? blas = null)
    {
        _blas = new Lazy<ICudaBlas?>(() => blas?.Invoke(this));
        Driver = driver;
        _name = name;
        Options = options ?? new CudaOptions();
        Kernels = new CudaKernels(driver);
        _ops = new CudaOps(this);
    }

    /// <inheritdoc/>
    public string Name => string.Create(
        CultureInfo.InvariantCulture,
        $"{Facts.Name}, compute capability {Facts.Capability / 10}.{Facts.Capability % 10}, {Facts.Multiprocessors} multiprocessors{(Options.Precision == CudaPrecision.F32 ? ", f32" : "")}{(Options.Deterministic ? ", deterministic" : "")}");

    /// <inheritdoc/>
    public string Arithmetic => Name;

    /// <summary>What the device is.</summary>
    public CudaFacts Facts => Driver.Facts;

    /// <summary>How it computes.</summary>
    public CudaOptions Options { get; }

    /// <inheritdoc/>
    public DeviceOptions OpenedWith => new() { Name = _name, Precision = Options.Precision, Deterministic = Options.Deterministic };

    /// <inheritdoc/>
    public IOps Ops => _ops;

    /// <summary>The stream that everything is queued on, as a CUstream: for a caller's own libraries.</summary>
    public nint Stream => Driver.Stream;

    /// <inheritdoc/>
    public DeviceCounters Counters { get; } = new();

    /// <inheritdoc/>
    public long? AvailableBytes => Driver.FreeBytes;

    internal ICudaDriver Driver { get; }

    internal CudaKernels Kernels { get; }

    /// <summary>A library of products, or null; opened when it is first asked for.</summary>
    internal ICudaBlas? Blas => _blas.Value;

    /// <summary>What is being measured, or null.</summary>
    internal CudaProfile? Profile { get; set; }

    /// <summary>Opens a device of this machine.</summary>
    /// <param name="ordinal">Its number, from 0 on.</param>
    /// <param name="options">How it computes.</param>
    /// <exception cref="CudaException">There is no driver, no such device, or it is older than compute capability 8.0.</exception>
    public static CudaDevice Open(int ordinal = 0, CudaOptions? options = null) =>
#if MANAGED_CUDA
        new(new Managed.ManagedCudaDriver(ordinal), options, string.Create(CultureInfo.InvariantCulture, $"cuda:{ordinal}"), device => CublasLt.Open(device));
#else
        new(new NativeCudaDriver(CudaLibrary.Instance, ordinal), options, string.Create(CultureInfo.InvariantCulture, $"cuda:{ordinal}"), device => CublasLt.Open(device));
#endif

    /// <summary>True where the emulator's library has been built.</summary>
    public static bool HasEmulator => EmulatorLibrary.Location is not null;

    /// <summary>Opens the emulator, which runs the kernels of kernels/ on the host.</summary>
    /// <exception cref="CudaException">Its library has not been built.</exception>
    public static CudaDevice OpenEmulated(EmulatorOptions? emulator = null, CudaOptions? options = null)
    {
        emulator ??= new EmulatorOptions();
        return new CudaDevice(new EmulatedCudaDriver(emulator), options, string.Create(CultureInfo.InvariantCulture, $"emulated:{emulator.Capability}"));
    }

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long bytes)
    {
        var buffer = new CudaBuffer(this, bytes);
        Counters.Allocations++;
        Counters.BytesAllocated += bytes;
        Counters.PeakBytesAllocated = Math.Max(Counters.PeakBytesAllocated, Counters.BytesAllocated);
        return buffer;
    }

    /// <inheritdoc/>
    public WeightMatrix Load(MatrixSource source) => CudaMatrix.Load(this, source);

    /// <inheritdoc/>
    public KeyValueStore CreateKeyValueStore(int heads, int headSize, ElementType type) =>
        new CudaKeyValueStore(this, heads, headSize, Options.Precision == CudaPrecision.F32 ? ElementType.F32 : type);

    /// <inheritdoc/>
    public void Write(Tensor destination, ReadOnlySpan<byte> source)
    {
        if (!destination.IsContiguous || destination.Bytes != source.Length)
        {
            throw new ArgumentException($"{source.Length} bytes do not fill a contiguous {destination.Type.Name()} tensor {destination.Shape}.", nameof(source));
        }

        Driver.CopyToDevice(destination.Address, source);
        Counters.BytesCopied += source.Length;
    }

    /// <inheritdoc/>
    public void Read(Tensor source, Span<byte> destination)
    {
        Counters.Waits++;
        if (source.Bytes != destination.Length)
        {
            throw new ArgumentException($"{destination.Length} bytes do not hold a {source.Type.Name()} tensor {source.Shape}.", nameof(destination));
        }

        int size = source.Type.Size();
        if (source.IsContiguous)
        {
            Driver.CopyToHost(destination, source.Address, source.Bytes, source.Bytes);
        }
        else
        {
            Driver.CopyToHost(destination, source.Address, (long)source.Width * size, (long)source.RowStride * size);
        }

        Counters.BytesCopied += source.Bytes;
        _ops.ThrowFault();
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
        Counters.Waits++;
        Driver.Synchronize();
        _ops.ThrowFault();
    }

    /// <inheritdoc/>
    public IRecording Record(Action ops) => Profile is null ? _ops.Record(ops) : new CpuRecording(ops);

    /// <summary>Begins to time every launch; stop it and dispose of it before the device.</summary>
    /// <exception cref="InvalidOperationException">A profile is running already.</exception>
    public CudaProfile StartProfile()
    {
        if (Profile is not null)
        {
            throw new InvalidOperationException("A profile of this device is running already.");
        }

        return Profile = new CudaProfile(this);
    }

    /// <summary>
    /// Loads a kernel of the caller's own; kernels/examples/steer.cu is one. The emulator has only the kernels that it was
    /// built from.
    /// </summary>
    /// <param name="name">Its name: that of an extern "C" function with one struct as its parameter.</param>
    /// <param name="ptx">Its code as PTX, or null for one that the program was built with, which kernels/manifest.props lists.</param>
    /// <exception cref="CudaException">The code does not load, or has no such kernel; the message holds the compiler's log.</exception>
    public UserKernel LoadKernel(string name, string? ptx = null)
    {
        if (ptx is null)
        {
            return new UserKernel(this, Kernels.Function(CudaKernel.Named(name)), name);
        }

        // The driver wants a text that ends in 0.
        nint module = Driver.LoadModule($"the PTX of {name}", [.. Encoding.UTF8.GetBytes(ptx), 0]);
        return new UserKernel(this, Driver.GetFunction(module, name), name);
    }

    /// <inheritdoc/>
    public DeviceTimer CreateTimer() => new CudaTimer(Driver);

    /// <summary>Puts a caller's code in the place of a kernel's own; nobody has looked at what it computes.</summary>
    internal void Replace(string kernel, string ptx, string path)
    {
        nint module = Driver.LoadModule(path, [.. Encoding.UTF8.GetBytes(ptx), 0]);
        Kernels.Replace(CudaKernel.Named(kernel), Driver.GetFunction(module, kernel));
    }

    /// <summary>What the device's driver made of a kernel that the program was built with.</summary>
    /// <exception cref="CudaException">There is no such kernel, or it does not load.</exception>
    public CudaFunctionFacts KernelFacts(string kernel) => Driver.GetFunctionFacts(Kernels.Function(CudaKernel.Named(kernel)), threads: 32, sharedBytes: 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ops.Dispose();
        if (_blas.IsValueCreated)
        {
            _blas.Value?.Dispose();
        }

        Driver.Dispose();
    }

    /// <summary>Queues a launch, timed while there is a profile.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="file">The file that the kernel stands in, for the profile.</param>
    /// <param name="work">What it must do at least.</param>
    internal void Launch(in CudaLaunch launch, string file, KernelWork work)
    {
        if (Profile is { } profile)
        {
            profile.Launch(launch, file, work);
        }
        else
        {
            Driver.Launch(launch);
        }
    }

    /// <summary>Queues a product on the library, if there is one that knows such a product.</summary>
    internal bool Multiply(in BlasProduct product, KernelWork work) =>
        Blas is { } blas && (Profile is { } profile ? profile.Multiply(blas, product, work) : blas.Multiply(product));

    internal void Freed(long bytes) => Counters.BytesAllocated -= bytes;
}
