using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel AddKernel = new("add");

    public void Add(Tensor a, Tensor b, Tensor y)
    {
        Check.Add(a, b, y);
        Elementwise(AddKernel, a, b, y);
    }
}
