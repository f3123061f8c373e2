using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AttentionMix(Tensor pattern, KeyValueStore store, PackedRows rows, int window, Tensor z)
    {
        throw new NotSupportedException();
    }
}
