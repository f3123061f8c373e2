namespace Weir.Kernels.Cuda;

/// <summary>
/// The narrow waist between Weir and a CUDA device: what the driver of a real one, or the emulator in its place, must be
/// able to do. Work is queued on one stream in the order of the calls; copies to the host wait for it. Every failure is a
/// <see cref="CudaException"/> that names the call.
/// </summary>
internal interface ICudaDriver : IDisposable
{
    /// <summary>What the device is.</summary>
    CudaFacts Facts { get; }

    /// <summary>Memory that is free now.</summary>
    long FreeBytes { get; }

    /// <summary>The stream, as the driver's own handle.</summary>
    nint Stream { get; }

    /// <summary>
    /// Makes the device the calling thread's own, for a library that is not called through this interface; every other
    /// member does so by itself, since other code of the thread may have another device.
    /// </summary>
    void Enter();

    /// <summary>Allocates device memory, 256-byte aligned.</summary>
    nint Allocate(long bytes);

    /// <summary>Frees what <see cref="Allocate"/> gave, after the work queued so far.</summary>
    void Free(nint address);

    /// <summary>Allocates memory that host and device both see; the addresses may differ.</summary>
    (nint Host, nint Device) AllocateShared(long bytes);

    /// <summary>Frees what <see cref="AllocateShared"/> gave, by its host address.</summary>
    void FreeShared(nint host);

    /// <summary>Copies to the device; the source may be reused on return.</summary>
    void CopyToDevice(nint destination, ReadOnlySpan<byte> source);

    /// <summary>Copies rows of so many bytes, a pitch apart on the device, to the host; waits.</summary>
    void CopyToHost(Span<byte> destination, nint source, long rowBytes, long pitch);

    /// <summary>Copies on the device.</summary>
    void CopyOnDevice(nint destination, nint source, long bytes);

    /// <summary>Sets every byte.</summary>
    void Fill(nint destination, byte value, long bytes);

    /// <summary>Loads a module; a null image is one that the driver has by itself.</summary>
    /// <param name="name">Where its code comes from, for errors.</param>
    /// <param name="image">PTX that ends in 0, or null.</param>
    /// <exception cref="CudaException">It does not load; the message holds the log of the just-in-time compiler.</exception>
    nint LoadModule(string name, byte[]? image);

    /// <summary>Finds a kernel in a module.</summary>
    nint GetFunction(nint module, string kernel);

    /// <summary>Registers, memory and occupancy of a kernel at a block size.</summary>
    CudaFunctionFacts GetFunctionFacts(nint function, int threads, int sharedBytes);

    /// <summary>Queues a kernel.</summary>
    void Launch(in CudaLaunch launch);

    /// <summary>Waits for everything queued.</summary>
    void Synchronize();

    /// <summary>Makes an event.</summary>
    nint CreateEvent();

    /// <summary>Queues an event.</summary>
    void RecordEvent(nint handle);

    /// <summary>Time between two events that have happened; waits for the second.</summary>
    double ElapsedMilliseconds(nint start, nint end);

    /// <summary>Gives an event back.</summary>
    void DestroyEvent(nint handle);

    /// <summary>From here on work is recorded, not run.</summary>
    void BeginCapture();

    /// <summary>Ends recording; the recorded work as one graph that can be queued again and again.</summary>
    nint EndCapture();

    /// <summary>Queues a graph.</summary>
    void LaunchGraph(nint graph);

    /// <summary>Gives a graph back.</summary>
    void DestroyGraph(nint graph);

    /// <summary>Writes the 128 bytes that describe a matrix to the bulk copy engine.</summary>
    void EncodeTensorMap(in TensorMapLayout layout, Span<byte> map);
}
