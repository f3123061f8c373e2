using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void WeightColumns(WeightMatrix w, int start, Tensor y)
    {
        throw new NotSupportedException();
    }
}
