using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel LayerNormKernel = new("layer_norm");

    public void LayerNorm(Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, in NormTaps taps = default)
    {
        Check.LayerNorm(x, gain, bias, y, taps);
        Norm(LayerNormKernel, x, gain, gainOffset: 0, bias, epsilon, y, taps);
    }
}
