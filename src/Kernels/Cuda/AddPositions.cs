using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void AddPositions(Tensor x, Tensor positions, Tensor table, int offset, Tensor y) => throw new PlatformNotSupportedException();
}
