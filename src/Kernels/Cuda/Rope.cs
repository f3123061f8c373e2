using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Rope(Tensor x, Tensor cos, Tensor sin, Tensor y) => throw new PlatformNotSupportedException();
}
