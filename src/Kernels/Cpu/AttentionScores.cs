using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AttentionScores(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor scores)
    {
        throw new NotSupportedException();
    }
}
