using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel SoftcapKernel = new("softcap");

    public void Softcap(Tensor x, float cap, Tensor y)
    {
        Check.Softcap(x, cap, y);
        Elementwise(SoftcapKernel, x, b: default, y, cap);
    }
}
