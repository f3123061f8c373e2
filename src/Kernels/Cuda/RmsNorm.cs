using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel RmsNormKernel = new("rms_norm");

    public void RmsNorm(Tensor x, Tensor gain, float gainOffset, float epsilon, Tensor y, in NormTaps taps = default)
    {
        Check.RmsNorm(x, gain, y, taps);
        Norm(RmsNormKernel, x, gain, gainOffset, bias: default, epsilon, y, taps);
    }
}
