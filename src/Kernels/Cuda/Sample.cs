using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Sample(Tensor logits, ReadOnlySpan<SamplingOptions> options, Tensor ids) => throw new PlatformNotSupportedException();
}
