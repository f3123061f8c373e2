using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Affine(Tensor x, Tensor gain, float gainOffset, Tensor bias, Tensor y) => throw new PlatformNotSupportedException();
}
