using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Sample(Tensor logits, ReadOnlySpan<SamplingOptions> options, Tensor ids)
    {
        throw new NotSupportedException();
    }
}
