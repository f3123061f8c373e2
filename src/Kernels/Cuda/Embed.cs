using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Embed(Tensor ids, WeightMatrix table, float scale, Tensor y) => throw new PlatformNotSupportedException();
}
