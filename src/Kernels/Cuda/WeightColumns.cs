using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void WeightColumns(WeightMatrix w, int start, Tensor y) => throw new PlatformNotSupportedException();
}
