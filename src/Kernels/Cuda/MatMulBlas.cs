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
        if (_device.Options.Deterministic || inputs == 0 || _device.Blas is null)
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
        long operandBytes = (((long)y.Rows * inputs) + ((long)y.Width * inputs)) * type.Size();
        if (!_device.Multiply(product, new KernelWork(operandBytes + (product.Addend == 0 ? 1 : 2) * y.Bytes, 2L * y.Rows * y.Width * inputs)))
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

    [StructLayout(LayoutKind.Sequential)]
    private struct FinishProductArguments
    {
        public Epilogue Epilogue;
        public float* Sums;
        public long StrideSums;
        public int WideSums;
    }
}
