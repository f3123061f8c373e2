using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void AttentionScores(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor scores) => throw new PlatformNotSupportedException();
}
