using System.Runtime.CompilerServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

/// <summary>
/// The CUDA launcher of every op, one part a file: it checks the operands, fills the kernel's argument struct (the twin of
/// the one in its .cu file, field for field) and says how large the grid is.
/// </summary>
internal sealed unsafe partial class CudaOps : IOps, IDisposable
{
    private readonly CudaDevice _device;
    private readonly ICudaDriver _driver;
    private readonly DeviceCounters _counters;
    private readonly RowTables _rowTables;
    private readonly CudaScratch _scratch;
    private readonly CudaScratch _sums;
    private readonly LensSlots _lensSlots;
    private readonly int* _fault;
    private readonly nint _faultAddress;

    public CudaOps(CudaDevice device)
    {
        _device = device;
        _driver = device.Driver;
        _counters = device.Counters;
        _rowTables = new RowTables(_driver);
        _scratch = new CudaScratch(device);
        _sums = new CudaScratch(device);
        _lensSlots = new LensSlots(_driver);
        (nint host, _faultAddress) = _driver.AllocateShared(sizeof(int));
        _fault = (int*)host;
        *_fault = 0;
    }

    /// <summary>Throws what a kernel has found wrong with its operands since the last look.</summary>
    /// <exception cref="ArgumentException">A kernel met an index, an id or a position that does not exist.</exception>
    public void ThrowFault()
    {
        int fault = *_fault;
        if (fault != 0)
        {
            *_fault = 0;
            throw new ArgumentException(fault switch
            {
                2 => "A token id does not exist.",
                3 => "An edit names a row twice.",
                4 => "A position lies beyond the room of a store of keys and values; reserve more first.",
                _ => "A row index does not exist.",
            });
        }
    }

    /// <summary>Records what an action launches.</summary>
    public CudaRecording Record(Action ops)
    {
        _driver.BeginCapture();
        _rowTables.BeginRecording();
        try
        {
            ops();
        }
        catch
        {
            RowTables.Release(_rowTables.EndRecording());
            AbandonCapture();
            throw;
        }

        IReadOnlyList<RowTables.Table> rows = _rowTables.EndRecording();
        try
        {
            return new CudaRecording(_device, _rowTables, rows, _driver.EndCapture());
        }
        catch
        {
            RowTables.Release(rows);
            throw;
        }
    }

    private void AbandonCapture()
    {
        try
        {
            _driver.DestroyGraph(_driver.EndCapture());
        }
        catch (CudaException)
        {
            // What broke the recording off says more.
        }
    }

    public void Dispose()
    {
        _rowTables.Dispose();
        _scratch.Dispose();
        _sums.Dispose();
        _lensSlots.Dispose();
        _driver.FreeShared((nint)_fault);
    }

    private static float* Floats(Tensor t) => t.IsAbsent ? null : (float*)t.Address;

    private static int* Integers(Tensor t) => t.IsAbsent ? null : (int*)t.Address;

    /// <summary>Queues a kernel.</summary>
    /// <param name="kernel">Which.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="threads">Threads a block.</param>
    /// <param name="arguments">Its argument struct.</param>
    /// <param name="work">What it must do at least.</param>
    /// <param name="sharedBytes">Dynamic shared memory a block.</param>
    private void Launch<T>(CudaKernel kernel, Grid grid, int threads, in T arguments, KernelWork work, int sharedBytes = 0)
        where T : unmanaged
    {
        fixed (T* a = &arguments)
        {
            _device.Launch(new CudaLaunch(_device.Kernels.Function(kernel), kernel.Name, grid, threads, sharedBytes, (nint)a, sizeof(T)), kernel.File, work);
        }
    }

    /// <summary>One kernel of a name for each type of weights, in the order of <see cref="ElementType"/>.</summary>
    private static CudaKernel[] ByType(string name, string? file = null) =>
        [new(name + "_f32", file ?? name), new(name + "_bf16", file ?? name), new(name + "_f16", file ?? name)];

    /// <summary>True where every row of an f32 tensor lies at a multiple of 16 bytes, or where there is none.</summary>
    private static bool IsWide(Tensor t) => t.IsAbsent || (t.Address % 16 == 0 && (t.RowStride % 4 == 0 || t.Rows == 1));

    private static int CeilDiv(long a, long b) => checked((int)((a + b - 1) / b));
}
