using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Weir.Kernels.Cuda.Native.CublasLtConstants;

namespace Weir.Kernels.Cuda.Native;

/// <summary>
/// Products by NVIDIA's cuBLASLt. Its matrices stand in columns, so it is told of y^T = W x^T: W and x row by row are W^T and
/// x^T column by column. For each shape the library is asked once for its best algorithm; descriptors and answer are kept.
/// </summary>
internal sealed unsafe class CublasLt : ICudaBlas
{
    private const int MostPlans = 1024;
    private const int WidestAlignment = 256;

    // What NVIDIA advises for Hopper; elsewhere 4 MiB would do.
    private const long WorkspaceBytes = 32 << 20;

    private readonly CudaDevice _device;
    private readonly CublasLtEntryPoints _lt;
    private readonly Dictionary<Shape, Plan> _plans = [];
    private readonly DeviceBuffer _workspace;
    private nint _handle;

    private CublasLt(CudaDevice device, nint library, string path)
    {
        _device = device;
        _lt = NativeLibraries.Bind<CublasLtEntryPoints>(library, out string? missing);
        if (missing is not null)
        {
            throw new CudaException($"{path} has no {missing}, so it is older than CUDA 12; install cuBLAS of CUDA 12 or 13, or use --deterministic, which needs none.");
        }

        device.Driver.Enter();
        nint handle;
        Check(_lt.cublasLtCreate(&handle), $"of {path}");
        _handle = handle;
        _workspace = device.Allocate(WorkspaceBytes);
    }

    /// <summary>Opens the library for a device; null where there is none on this machine.</summary>
    /// <param name="device">Whose products it will compute.</param>
    /// <param name="path">The file; null for the system's.</param>
    /// <exception cref="CudaException">It is there, but does not start.</exception>
    public static CublasLt? Open(CudaDevice device, string? path = null)
    {
        nint library = NativeLibraries.Load(path is null ? NativeLibraries.CublasLt : [path], out string found);
        return library == 0 ? null : new CublasLt(device, library, found);
    }

    public string Name => "cuBLASLt";

    public bool Multiply(in BlasProduct p)
    {
        _device.Driver.Enter();
        Plan plan = Find(p);
        if (!plan.IsSupported)
        {
            return false;
        }

        if (p.Bias != 0)
        {
            SetBias(plan, p);
        }

        float one = 1, beta = p.Addend == 0 ? 0 : 1;
        fixed (CublasLtAlgorithm* algorithm = &plan.Algorithm)
        {
            nint c = p.Addend == 0 ? p.Y : p.Addend;
            int status = _lt.cublasLtMatmul(
                _handle, plan.Description, &one, p.W, plan.W, p.X, plan.X, &beta, c, plan.C, p.Y, plan.Y, algorithm, _workspace.Address, (nuint)WorkspaceBytes, _device.Stream);
            if (status != 0)
            {
                throw Failure(status, nameof(_lt.cublasLtMatmul), Text(p));
            }
        }

        return true;
    }

    public void Dispose()
    {
        if (_handle == 0)
        {
            return;
        }

        _device.Driver.Enter();
        DropPlans();
        _ = _lt.cublasLtDestroy(_handle);
        _handle = 0;
        _workspace.Dispose();
    }

    private static int TypeOf(ElementType type) => type switch
    {
        ElementType.BF16 => RealBF16,
        ElementType.F16 => RealF16,
        _ => RealF32,
    };

    /// <summary>The largest power of two, up to what the library asks for at most, that an address is a multiple of.</summary>
    private static int AlignmentOf(nint address) => (int)Math.Min(WidestAlignment, address & -address);

    private static string Text(in BlasProduct p) =>
        $"for {p.Rows} rows of {p.Inputs} {p.Type.Name()} by [{p.Outputs}, {p.Inputs}]{(p.Bias != 0 ? " with a bias" : p.Addend != 0 ? " with an addend" : "")}";

    private Plan Find(in BlasProduct p)
    {
        // The vector of the bias is read beside y, so that it must not be aligned less.
        var shape = new Shape(
            p.Type, p.Rows, p.Inputs, p.Outputs, p.StrideX, p.StrideW, p.StrideY, p.Addend == 0 ? p.StrideY : p.StrideAddend, p.Bias != 0, p.Addend != 0,
            AlignmentOf(p.X), AlignmentOf(p.W), AlignmentOf(p.Addend == 0 ? p.Y : p.Addend), Math.Min(AlignmentOf(p.Y), p.Bias == 0 ? WidestAlignment : AlignmentOf(p.Bias)));
        if (_plans.TryGetValue(shape, out Plan? plan))
        {
            return plan;
        }

        if (_plans.Count >= MostPlans)
        {
            DropPlans();
        }

        plan = new Plan();
        try
        {
            Fill(plan, shape, p);
        }
        catch
        {
            Drop(plan);
            throw;
        }

        _plans.Add(shape, plan);
        return plan;
    }

    private void Fill(Plan plan, in Shape shape, in BlasProduct p)
    {
        string what = Text(p);
        int type = TypeOf(p.Type);
        nint made;
        Check(_lt.cublasLtMatmulDescCreate(&made, ComputeF32, RealF32), what);
        plan.Description = made;
        int transposed = Transposed;
        Check(_lt.cublasLtMatmulDescSetAttribute(plan.Description, DescriptionTransposeA, &transposed, sizeof(int)), what);
        if (shape.HasBias)
        {
            int epilogue = EpilogueBias;
            Check(_lt.cublasLtMatmulDescSetAttribute(plan.Description, DescriptionEpilogue, &epilogue, sizeof(int)), what);
            SetBias(plan, p);
        }

        Check(_lt.cublasLtMatrixLayoutCreate(&made, type, (ulong)p.Inputs, (ulong)p.Outputs, p.StrideW), what);
        plan.W = made;
        Check(_lt.cublasLtMatrixLayoutCreate(&made, type, (ulong)p.Inputs, (ulong)p.Rows, p.StrideX), what);
        plan.X = made;
        Check(_lt.cublasLtMatrixLayoutCreate(&made, RealF32, (ulong)p.Outputs, (ulong)p.Rows, shape.StrideC), what);
        plan.C = made;
        Check(_lt.cublasLtMatrixLayoutCreate(&made, RealF32, (ulong)p.Outputs, (ulong)p.Rows, p.StrideY), what);
        plan.Y = made;

        nint preference;
        Check(_lt.cublasLtMatmulPreferenceCreate(&preference), what);
        try
        {
            ulong workspace = (ulong)WorkspaceBytes;
            Check(_lt.cublasLtMatmulPreferenceSetAttribute(preference, PreferenceMaxWorkspaceBytes, &workspace, sizeof(ulong)), what);
            Prefer(preference, PreferenceAlignmentA, shape.AlignmentW, what);
            Prefer(preference, PreferenceAlignmentB, shape.AlignmentX, what);
            Prefer(preference, PreferenceAlignmentC, shape.AlignmentC, what);
            Prefer(preference, PreferenceAlignmentD, shape.AlignmentY, what);

            CublasLtHeuristic best = default;
            int count = 0;
            int status = _lt.cublasLtMatmulAlgoGetHeuristic(_handle, plan.Description, plan.W, plan.X, plan.C, plan.Y, preference, 1, &best, &count);
            if (status is not (0 or NotSupported))
            {
                throw Failure(status, nameof(_lt.cublasLtMatmulAlgoGetHeuristic), what);
            }

            plan.IsSupported = status == 0 && count == 1 && best.State == 0;
            plan.Algorithm = best.Algorithm;
        }
        finally
        {
            _ = _lt.cublasLtMatmulPreferenceDestroy(preference);
        }
    }

    private void SetBias(Plan plan, in BlasProduct p)
    {
        nint bias = p.Bias;
        int status = _lt.cublasLtMatmulDescSetAttribute(plan.Description, DescriptionBiasPointer, &bias, (nuint)sizeof(nint));
        if (status != 0)
        {
            throw Failure(status, nameof(_lt.cublasLtMatmulDescSetAttribute), Text(p));
        }
    }

    private void Prefer(nint preference, int attribute, int alignment, string what)
    {
        uint bytes = (uint)alignment;
        Check(_lt.cublasLtMatmulPreferenceSetAttribute(preference, attribute, &bytes, sizeof(uint)), what);
    }

    private void DropPlans()
    {
        foreach (Plan plan in _plans.Values)
        {
            Drop(plan);
        }

        _plans.Clear();
    }

    private void Drop(Plan plan)
    {
        foreach (nint layout in (ReadOnlySpan<nint>)[plan.W, plan.X, plan.C, plan.Y])
        {
            if (layout != 0)
            {
                _ = _lt.cublasLtMatrixLayoutDestroy(layout);
            }
        }

        if (plan.Description != 0)
        {
            _ = _lt.cublasLtMatmulDescDestroy(plan.Description);
        }
    }

    private void Check(int status, string what, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status != 0)
        {
            int start = call.IndexOf("cublas", StringComparison.Ordinal);
            throw Failure(status, call[start..call.IndexOf('(', start)], what);
        }
    }

    private CudaException Failure(int status, string call, string what)
    {
        string name = Marshal.PtrToStringUTF8(_lt.cublasLtGetStatusName(status)) ?? $"status {status}";
        string text = Marshal.PtrToStringUTF8(_lt.cublasLtGetStatusString(status)) ?? "unknown to this library";
        return new CudaException($"{call} failed with {name} ({text}) {what}; --deterministic does without cuBLASLt.");
    }

    /// <summary>All that an algorithm is chosen by.</summary>
    private readonly record struct Shape(
        ElementType Type, int Rows, int Inputs, int Outputs, long StrideX, long StrideW, long StrideY, long StrideC, bool HasBias, bool HasAddend,
        int AlignmentX, int AlignmentW, int AlignmentC, int AlignmentY);

    /// <summary>Descriptors of a shape and the algorithm for it.</summary>
    private sealed class Plan
    {
        public CublasLtAlgorithm Algorithm;

        public nint Description { get; set; }

        public nint W { get; set; }

        public nint X { get; set; }

        public nint C { get; set; }

        public nint Y { get; set; }

        public bool IsSupported { get; set; }
    }
}
