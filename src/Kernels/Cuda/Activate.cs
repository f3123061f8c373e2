using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Activate(Activation activation, Tensor pre, Tensor linear, Tensor post) => throw new PlatformNotSupportedException();
}
