using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    // Up to here a product is bound by the bytes of W, and chains that wait for them are many enough.
    private const int MostRowsOfFewChains = 32;

    private static readonly CudaKernel[] MatMulKernels = ByType("matmul"), SmallMatMulKernels = ByType("matmul_small", "matmul");
    private static readonly CudaKernel[] MatMulFewChainsKernels = ByType("matmul_few_chains");

    public void MatMul(Tensor x, WeightMatrix w, Tensor y, in MatMulOptions options = default)
    {
        Check.MatMul(x, w, y, options);
        _counters.Ops++;
        _counters.Flops += 2L * x.Rows * x.Width * w.Outputs;
        if (y.Shape.Count == 0)
        {
            return;
        }

        if (Rounds(w.Type))
        {
            MatMulStored(x, (CudaMatrix)w, y, options);
        }
        else
        {
            MatMulF32(x, (CudaMatrix)w, y, options);
        }
    }

    /// <summary>True where products of weights of a type take their operands in that type, on tensor cores.</summary>
    private bool Rounds(ElementType type) => type != ElementType.F32 && _device.Options.Precision == CudaPrecision.Stored;

    private void MatMulF32(Tensor x, CudaMatrix w, Tensor y, in MatMulOptions options)
    {
        const int Large = 128, Small = 64;
        int offset = options.InputOffset ?? 0;
        if (x.Rows <= MostRowsOfFewChains && w.IsAligned(offset))
        {
            MatMulFewChains(x, w, y, options);
            return;
        }

        var operands = new StoredOperands { X = Floats(x), W = w.At(offset), StrideX = x.RowStride, StrideW = w.Stride };
        if (w.Type == ElementType.F32 && _device.Options.Precision == CudaPrecision.Stored && MatMulBlas(operands, w.Type, x.Width, y, options))
        {
            return;
        }

        var arguments = new MatMulArguments
        {
            Epilogue = new Epilogue(y, options),
            X = Floats(x),
            W = w.At(offset),
            StrideX = x.RowStride,
            StrideW = w.Stride,
            Inputs = x.Width,
            WideX = IsWide(x) ? 1 : 0,
            WideW = offset % 4 == 0 ? 1 : 0,
        };
        bool isLarge = FillsDevice(y, Large, Large);
        int tile = isLarge ? Large : Small;
        Launch((isLarge ? MatMulKernels : SmallMatMulKernels)[(int)w.Type], MatMulGrid(y, tile, tile), 256, arguments, MatMulWork(x, w, y, options));
    }

    private void MatMulFewChains(Tensor x, CudaMatrix w, Tensor y, in MatMulOptions options)
    {
        const int Rows = 8, Outputs = 32, Stages = 4, RowBytes = 256;
        int stage = (Outputs * RowBytes) + (Rows * RowBytes / w.Type.Size() * sizeof(float));
        var arguments = new MatMulFewChainsArguments
        {
            Epilogue = new Epilogue(y, options),
            X = Floats(x),
            W = w.At(options.InputOffset ?? 0),
            StrideX = x.RowStride,
            StrideW = w.Stride,
            Inputs = x.Width,
        };
        Launch(MatMulFewChainsKernels[(int)w.Type], MatMulGrid(y, Rows, Outputs), 128, arguments, MatMulWork(x, w, y, options), Stages * stage);
    }

    /// <summary>True where a product has a tile for each multiprocessor.</summary>
    private bool FillsDevice(Tensor y, int rows, int outputs) =>
        (long)CeilDiv(y.Rows, rows) * CeilDiv(y.Width, outputs) >= _device.Facts.Multiprocessors;

    /// <summary>Tiles of the same outputs follow one another, so that their weights are read from memory once.</summary>
    private static Grid MatMulGrid(Tensor y, int rows, int outputs) => new(CeilDiv(y.Rows, rows), CeilDiv(y.Width, outputs));

    private static KernelWork MatMulWork(Tensor x, CudaMatrix w, Tensor y, in MatMulOptions options) => new(
        x.Bytes + ((long)x.Width * w.Outputs * w.Type.Size()) + y.Bytes + (options.Residual.IsAbsent ? 0 : y.Bytes),
        2L * x.Rows * x.Width * w.Outputs);

    [StructLayout(LayoutKind.Sequential)]
    private struct MatMulArguments
    {
        public Epilogue Epilogue;
        public float* X;
        public void* W;
        public long StrideX, StrideW;
        public int Inputs, WideX, WideW;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MatMulFewChainsArguments
    {
        public Epilogue Epilogue;
        public float* X;
        public void* W;
        public long StrideX, StrideW;
        public int Inputs;
    }

    /// <summary>What is fused behind a product; the twin of the struct in kernels/include/epilogue.cuh.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Epilogue
    {
        private readonly float* _y, _bias, _residual;
        private readonly long _strideY, _strideResidual;
        private readonly int _rows, _outputs, _activation, _wide;

        public Epilogue(Tensor y, in MatMulOptions options)
        {
            _y = Floats(y);
            _bias = Floats(options.Bias);
            _residual = Floats(options.Residual);
            _strideY = y.RowStride;
            _strideResidual = options.Residual.IsAbsent ? 0 : options.Residual.RowStride;
            _rows = y.Rows;
            _outputs = y.Width;
            _activation = options.Activation is { } activation ? (int)activation : -1;
            _wide = IsWide(y) && IsWide(options.Bias) && IsWide(options.Residual) ? 1 : 0;
        }
    }
}
