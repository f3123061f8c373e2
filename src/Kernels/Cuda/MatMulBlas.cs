using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

/// <summary>Products by a library, where there is one and bits may depend on the batch.</summary>
internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel FinishProductKernel = new("finish_product");

    /// <summary>Queues a product on the library.</summary>
    /// <returns>False where there is none, or it does not know such a product.</returns>
    private bool MatMulBlas(in StoredOperands operands, ElementType type, int inputs, Tensor y, in MatMulOptions options)
    {
        if (_device.Options.Deterministic || inputs == 0 || _device.Blas is not { } blas)
        {
            return false;
        }

        // A bias, or a residual, is one addition to the sum in the library too, and gives the bits of the separate op; what
        // is more than that, Weir's own kernel does.
        bool isWhole = options.Activation is null && (options.Bias.IsAbsent || options.Residual.IsAbsent);
        bool isApart = !isWhole && !options.Residual.IsAbsent; // The residual may be y.
        nint sums = isApart ? _sums.Take(y.Bytes) : y.Address;
        long stride = isApart ? y.Width : y.RowStride;
        var product = new BlasProduct
        {
            Type = type,
            Rows = y.Rows,
            Inputs = inputs,
            Outputs = y.Width,
            X = (nint)operands.X,
            StrideX = operands.StrideX,
            W = (nint)operands.W,
            StrideW = operands.StrideW,
            Y = sums,
            StrideY = stride,
            Bias = isWhole && !options.Bias.IsAbsent ? options.Bias.Address : 0,
            Addend = isWhole && !options.Residual.IsAbsent ? options.Residual.Address : 0,
            StrideAddend = isWhole && !options.Residual.IsAbsent ? options.Residual.RowStride : 0,
        };
        if (!Multiply(blas, product))
        {
            return false;
        }

        if (!isWhole)
        {
            const int PerBlock = 4 * 256;
            var arguments = new FinishProductArguments
            {
                Epilogue = new Epilogue(y, options),
                Sums = (float*)sums,
                StrideSums = stride,
                WideSums = sums % 16 == 0 && stride % 4 == 0 ? 1 : 0,
            };
            Launch(FinishProductKernel, new Grid(y.Rows, CeilDiv(y.Width, PerBlock)), 256, arguments, new KernelWork((isApart ? 3 : 2) * y.Bytes));
        }

        return true;
    }

    /// <summary>Queues it, timed while there is a profile.</summary>
    private bool Multiply(ICudaBlas blas, in BlasProduct p)
    {
        const string Name = "cublasLtMatmul";
        if (_device.Profile is not { } profile)
        {
            return blas.Multiply(p);
        }

        nint start = profile.Begin(Name);
        if (!blas.Multiply(p))
        {
            CudaProfile.Discard();
            return false;
        }

        long operands = (long)p.Type.Size() * p.Inputs * (p.Rows + p.Outputs), sums = (p.Addend == 0 ? 1L : 2L) * sizeof(float) * p.Rows * p.Outputs;
        profile.End(start, Name, new KernelWork(operands + sums, 2L * p.Rows * p.Inputs * p.Outputs));
        return true;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct FinishProductArguments
    {
        public Epilogue Epilogue;
        public float* Sums;
        public long StrideSums;
        public int WideSums;
    }
}
