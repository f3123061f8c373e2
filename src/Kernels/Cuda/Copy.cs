using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Copy(Tensor x, Tensor y) => throw new PlatformNotSupportedException();
}
