using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void AttentionMix(Tensor pattern, KeyValueStore store, PackedRows rows, int window, Tensor z) => throw new PlatformNotSupportedException();
}
