using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AttentionPattern(Tensor scores, int heads, PackedRows rows, Tensor pattern)
    {
        throw new NotSupportedException();
    }
}
