using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void LayerNorm(Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, in NormTaps taps = default)
    {
        Check.LayerNorm(x, gain, bias, y, taps);
        Norm(x, gain, gainOffset: 0, bias, epsilon, centered: true, y, taps);
    }
}
