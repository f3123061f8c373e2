using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Rope(Tensor x, Tensor cos, Tensor sin, Tensor y)
    {
        throw new NotSupportedException();
    }
}
