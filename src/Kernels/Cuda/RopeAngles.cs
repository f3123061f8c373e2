using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void RopeAngles(Tensor positions, Tensor frequencies, float magnitude, Tensor cos, Tensor sin) => throw new PlatformNotSupportedException();
}
