using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void RopeAngles(Tensor positions, Tensor frequencies, float magnitude, Tensor cos, Tensor sin)
    {
        throw new NotSupportedException();
    }
}
