using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void RmsNorm(Tensor x, Tensor gain, float gainOffset, float epsilon, Tensor y, in NormTaps taps = default)
    {
        Check.RmsNorm(x, gain, y, taps);
        Norm(x, gain, gainOffset, bias: default, epsilon, centered: false, y, taps);
    }
}
