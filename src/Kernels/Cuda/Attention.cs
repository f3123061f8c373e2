using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Attention(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor z, in AttentionTaps taps = default) => throw new PlatformNotSupportedException();
}
