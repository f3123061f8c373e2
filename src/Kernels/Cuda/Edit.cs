using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Edit(EditKind kind, Tensor target, Tensor rows, Tensor coefficients, Tensor operand) => throw new PlatformNotSupportedException();
}
