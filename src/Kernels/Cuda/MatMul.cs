using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void MatMul(Tensor x, WeightMatrix w, Tensor y, in MatMulOptions options = default) => throw new PlatformNotSupportedException();
}
