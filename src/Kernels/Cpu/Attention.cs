using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Attention(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor z, in AttentionTaps taps = default)
    {
        throw new NotSupportedException();
    }
}
