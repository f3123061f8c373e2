using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Add(Tensor a, Tensor b, Tensor y) => throw new PlatformNotSupportedException();
}
