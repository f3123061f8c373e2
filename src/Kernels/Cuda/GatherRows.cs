using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void GatherRows(Tensor x, Tensor indices, Tensor y) => throw new PlatformNotSupportedException();
}
