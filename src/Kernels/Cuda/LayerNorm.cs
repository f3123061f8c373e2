using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void LayerNorm(Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, in NormTaps taps = default) => throw new PlatformNotSupportedException();
}
