using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Cuda;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

/// <summary>The processor that runs this program.</summary>
public sealed unsafe class CpuDevice : IDevice
{
    private readonly CpuWorkers _workers;

    /// <summary>Opens the processor.</summary>
    /// <param name="threads">Threads to use; 0 for one a core.</param>
    /// <param name="vectorBits">512, 256 or 128; 0 for the widest that the processor has.</param>
    /// <exception cref="WeirException">The processor does not have vectors of that width.</exception>
    public CpuDevice(int threads = 0, int vectorBits = 0)
    {
        if (vectorBits == 0)
        {
            vectorBits = VectorWidths[0];
        }
        else if (!VectorWidths.Contains(vectorBits))
        {
            throw new WeirException($"This processor has no {vectorBits}-bit vectors; use one of {string.Join(", ", VectorWidths)}.");
        }

        _workers = new CpuWorkers(threads > 0 ? threads : Environment.ProcessorCount);
        VectorBits = vectorBits;
        Ops = vectorBits switch
        {
            512 => new CpuOps<Simd512, Vector512<float>>(_workers, Counters),
            256 => new CpuOps<Simd256, Vector256<float>>(_workers, Counters),
            _ => new CpuOps<Simd128, Vector128<float>>(_workers, Counters),
        };
    }

    /// <summary>The vector widths of this processor in bits, widest first; the last is the portable path.</summary>
    public static IReadOnlyList<int> VectorWidths { get; } =
    [
        .. Avx512F.IsSupported && Avx512BW.IsSupported ? (int[])[512] : [],
        .. Avx2.IsSupported && Fma.IsSupported ? (int[])[256] : [],
        128,
    ];

    /// <inheritdoc/>
    public string Name => $"{Arithmetic}, {Threads} thread{(Threads == 1 ? "" : "s")}";

    /// <inheritdoc/>
    public string Arithmetic => $"CPU, {VectorBits}-bit vectors";

    /// <inheritdoc/>
    public DeviceOptions OpenedWith => new()
    {
        Name = "cpu",
        Threads = Threads,
        VectorBits = VectorBits,
        Precision = CudaPrecision.F32,
        Deterministic = true,
    };

    /// <summary>Width of the vectors in use.</summary>
    public int VectorBits { get; }

    /// <summary>Threads in use.</summary>
    public int Threads => _workers.Threads;

    /// <inheritdoc/>
    public IOps Ops { get; }

    /// <inheritdoc/>
    public DeviceCounters Counters { get; } = new();

    /// <inheritdoc/>
    public long? AvailableBytes
    {
        get
        {
            const string Info = "/proc/meminfo";
            string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal)) : null;
            return line is null ? null : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long bytes)
    {
        var buffer = new CpuBuffer(this, bytes);
        Counters.Allocations++;
        Counters.BytesAllocated += bytes;
        Counters.PeakBytesAllocated = Math.Max(Counters.PeakBytesAllocated, Counters.BytesAllocated);
        return buffer;
    }

    /// <inheritdoc/>
    public WeightMatrix Load(MatrixSource source) => PackedMatrix.Load(this, _workers, source);

    /// <inheritdoc/>
    public KeyValueStore CreateKeyValueStore(int heads, int headSize, ElementType type) => new CpuKeyValueStore(this, heads, headSize);

    /// <inheritdoc/>
    public void Write(Tensor destination, ReadOnlySpan<byte> source)
    {
        if (!destination.IsContiguous || destination.Bytes != source.Length)
        {
            throw new ArgumentException($"{source.Length} bytes do not fill a contiguous {destination.Type.Name()} tensor {destination.Shape}.", nameof(source));
        }

        source.CopyTo(new Span<byte>((void*)destination.Address, source.Length));
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

        if (source.IsContiguous)
        {
            new ReadOnlySpan<byte>((void*)source.Address, destination.Length).CopyTo(destination);
            Counters.BytesCopied += source.Bytes;
            return;
        }

        int row = source.Width * source.Type.Size();
        for (int i = 0; i < source.Rows; i++)
        {
            byte* from = (byte*)source.Address + ((long)i * source.RowStride * source.Type.Size());
            new ReadOnlySpan<byte>(from, row).CopyTo(destination.Slice(i * row, row));
        }

        Counters.BytesCopied += source.Bytes;
    }

    /// <inheritdoc/>
    public void Synchronize() => Counters.Waits++; // Ops have run when they return.

    /// <inheritdoc/>
    public IRecording Record(Action ops) => new CpuRecording(ops);

    /// <inheritdoc/>
    public DeviceTimer CreateTimer() => new CpuTimer();

    /// <inheritdoc/>
    public void Dispose() => _workers.Dispose();

    internal void Freed(long bytes) => Counters.BytesAllocated -= bytes;
}
