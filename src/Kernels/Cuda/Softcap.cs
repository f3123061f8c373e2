using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Softcap(Tensor x, float cap, Tensor y) => throw new PlatformNotSupportedException();
}
