using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Activate(Activation activation, Tensor pre, Tensor linear, Tensor post)
    {
        throw new NotSupportedException();
    }
}
