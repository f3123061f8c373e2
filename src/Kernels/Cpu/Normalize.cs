using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Normalize(Tensor x, Tensor scale, bool centered, Tensor y)
    {
        throw new NotSupportedException();
    }
}
