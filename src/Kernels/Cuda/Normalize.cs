using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Normalize(Tensor x, Tensor scale, bool centered, Tensor y) => throw new PlatformNotSupportedException();
}
