using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel SubtractKernel = new("subtract");

    public void Subtract(Tensor a, Tensor b, Tensor y)
    {
        Check.Subtract(a, b, y);
        Elementwise(SubtractKernel, a, b, y);
    }
}
