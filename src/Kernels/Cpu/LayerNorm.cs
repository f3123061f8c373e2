using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void LayerNorm(Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, in NormTaps taps = default)
    {
        throw new NotSupportedException();
    }
}
