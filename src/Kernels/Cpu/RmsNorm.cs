using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void RmsNorm(Tensor x, Tensor gain, float gainOffset, float epsilon, Tensor y, in NormTaps taps = default)
    {
        Check.Floats(x);
        Check.Vector(gain, x.Shape[x.Shape.Rank - 1]);
        Norm(x, gain, gainOffset, bias: default, epsilon, centered: false, y, taps);
    }
}
