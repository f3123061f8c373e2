using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void CompareRows(Tensor a, Tensor b, Tensor statistics) => throw new PlatformNotSupportedException();
}
