using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AddPositions(Tensor positions, Tensor table, int offset, Tensor y)
    {
        throw new NotSupportedException();
    }
}
