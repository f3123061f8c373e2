using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void LayerNorm(Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, in NormTaps taps = default)
    {
        Check.Floats(x);
        Check.Vector(gain, x.Width);
        if (!bias.IsAbsent)
        {
            Check.Vector(bias, x.Width);
        }

        Norm(x, gain, gainOffset: 0, bias, epsilon, centered: true, y, taps);
    }
}
