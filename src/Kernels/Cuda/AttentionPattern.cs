using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void AttentionPattern(Tensor scores, int heads, PackedRows rows, int window, Tensor pattern) => throw new PlatformNotSupportedException();
}
