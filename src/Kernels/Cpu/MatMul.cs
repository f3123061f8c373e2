using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void MatMul(Tensor x, WeightMatrix w, Tensor y, in MatMulOptions options = default)
    {
        throw new NotSupportedException();
    }
}
