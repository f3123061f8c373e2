using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Edit(EditKind kind, Tensor target, Tensor rows, Tensor coefficients, Tensor operand)
    {
        throw new NotSupportedException();
    }
}
