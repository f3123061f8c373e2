using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Softcap(Tensor x, float cap, Tensor y)
    {
        throw new NotSupportedException();
    }
}
