using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Embed(Tensor ids, WeightMatrix table, float scale, Tensor y)
    {
        throw new NotSupportedException();
    }
}
