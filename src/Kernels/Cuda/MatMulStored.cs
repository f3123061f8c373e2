using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

/// <summary>Products whose operands are both in the weights' 16-bit type.</summary>
internal sealed unsafe partial class CudaOps
{
    private const int MostRowsOfSmall = 16, MostRowsOfFew = 8;

    private static readonly MmaTile
        Large = new("matmul_mma", Rows: 128, Outputs: 128, Inputs: 32, Stages: 4),
        Medium = new("matmul_mma_medium", Rows: 64, Outputs: 64, Inputs: 64, Stages: 4),
        Small = new("matmul_mma_small", Rows: 16, Outputs: 32, Inputs: 128, Stages: 4);

    private static readonly CudaKernel
        FewBF16 = new("matmul_few_bf16", "matmul_few"), FewF16 = new("matmul_few_f16", "matmul_few"),
        FewWideBF16 = new("matmul_few_wide_bf16", "matmul_few"), FewWideF16 = new("matmul_few_wide_f16", "matmul_few");

    private static readonly CudaKernel CastToBF16 = new("cast_rows_bf16", "cast_rows");
    private static readonly CudaKernel CastToF16 = new("cast_rows_f16", "cast_rows");
    private static readonly CudaKernel CopyRows16 = new("cast_rows_16", "cast_rows");

    private void MatMulStored(Tensor x, CudaMatrix w, Tensor y, in MatMulOptions options)
    {
        if (y.Rows <= MostRowsOfFew && !_device.Options.Deterministic && w.IsAligned(options.InputOffset ?? 0))
        {
            MatMulFew(x, w, y, options);
            return;
        }

        StoredOperands operands = Round(x, w, options.InputOffset ?? 0);
        if (MatMulBlas(operands, w.Type, x.Width, y, options))
        {
            return;
        }

        if (_device.Facts.Capability == Hopper && x.Width > 0)
        {
            MatMulHopper(x, w, y, options, operands);
            return;
        }

        MmaTile tile = y.Rows <= MostRowsOfSmall ? Small : FillsDevice(y, Large.Rows, Large.Outputs) ? Large : Medium;
        var arguments = new MatMulMmaArguments
        {
            Epilogue = new Epilogue(y, options),
            X = operands.X,
            W = operands.W,
            StrideX = operands.StrideX,
            StrideW = operands.StrideW,
            Inputs = x.Width,
        };
        Launch(tile.Kernel(w.Type), MatMulGrid(y, tile.Rows, tile.Outputs), MmaTile.Threads, arguments, MatMulWork(x, w, y, options), tile.SharedBytes);
    }

    private void MatMulFew(Tensor x, CudaMatrix w, Tensor y, in MatMulOptions options)
    {
        // Each block reads all of x: more rows want fewer blocks.
        bool isWide = y.Rows > 2, isBF16 = w.Type == ElementType.BF16;
        CudaKernel kernel = isWide ? isBF16 ? FewWideBF16 : FewWideF16 : isBF16 ? FewBF16 : FewF16;
        var arguments = new MatMulFewArguments
        {
            Epilogue = new Epilogue(y, options),
            X = Floats(x),
            W = w.At(options.InputOffset ?? 0),
            StrideX = x.RowStride,
            StrideW = w.Stride,
            Inputs = x.Width,
            WideX = IsWide(x) ? 1 : 0,
        };
        Launch(kernel, new Grid(CeilDiv(y.Width, isWide ? 32 : 16)), 256, arguments, MatMulWork(x, w, y, options));
    }

    /// <summary>
    /// The operands of a product in w's type, every row at a multiple of 16 bytes: x in scratch memory, w where it lies unless
    /// its first input is off such a multiple.
    /// </summary>
    private StoredOperands Round(Tensor x, CudaMatrix w, int offset)
    {
        long rowBytes = CudaMatrix.RowBytesOf(x.Width, w.Type), stride = rowBytes / sizeof(ushort);
        bool isAligned = w.IsAligned(offset);
        long bytes = rowBytes * x.Rows;
        nint scratch = _scratch.Take(Math.Max(1, bytes + (isAligned ? 0 : rowBytes * w.Outputs)));
        CastRows(
            w.Type == ElementType.BF16 ? CastToBF16 : CastToF16,
            new CastRowsArguments { X = Floats(x), Y = (void*)scratch, StrideX = x.RowStride, StrideY = stride, Count = x.Rows, Width = x.Width, Wide = IsWide(x) ? 1 : 0 },
            x.Rows,
            x.Bytes + bytes);
        if (isAligned)
        {
            return new StoredOperands { X = (void*)scratch, W = w.At(offset), StrideX = stride, StrideW = w.Stride };
        }

        void* copy = (byte*)scratch + bytes;
        CastRows(
            CopyRows16,
            new CastRowsArguments { X = w.At(offset), Y = copy, StrideX = w.Stride, StrideY = stride, Count = w.Outputs, Width = x.Width },
            w.Outputs,
            2 * rowBytes * w.Outputs);
        return new StoredOperands { X = (void*)scratch, W = copy, StrideX = stride, StrideW = stride };
    }

    private void CastRows(CudaKernel kernel, in CastRowsArguments arguments, int rows, long bytes)
    {
        const int PerBlock = 8 * 256;
        if (rows > 0 && arguments.Width > 0)
        {
            Launch(kernel, new Grid(rows, CeilDiv(arguments.Width, PerBlock)), 256, arguments, new KernelWork(bytes));
        }
    }

    /// <summary>A shape of tile of kernels/matmul_mma.cu.</summary>
    private sealed record MmaTile(string Name, int Rows, int Outputs, int Inputs, int Stages)
    {
        public const int Threads = 128;

        private readonly CudaKernel _bf16 = new(Name + "_bf16", "matmul_mma"), _f16 = new(Name + "_f16", "matmul_mma");

        /// <summary>The stages of the operands; afterwards the sums take their place.</summary>
        public int SharedBytes { get; } = Math.Max(Stages * (Rows + Outputs) * Inputs * sizeof(ushort), Rows * (Outputs + 8) * sizeof(float));

        public CudaKernel Kernel(ElementType type) => type == ElementType.BF16 ? _bf16 : _f16;
    }

    /// <summary>Both operands of a product in 16 bits.</summary>
    private struct StoredOperands
    {
        public void* X, W;
        public long StrideX, StrideW;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MatMulMmaArguments
    {
        public Epilogue Epilogue;
        public void* X, W;
        public long StrideX, StrideW;
        public int Inputs;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MatMulFewArguments
    {
        public Epilogue Epilogue;
        public float* X;
        public void* W;
        public long StrideX, StrideW;
        public int Inputs, WideX;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CastRowsArguments
    {
        public void* X, Y;
        public int* Rows;
        public long StrideX, StrideY;
        public int Count, Width, Wide;
    }
}
