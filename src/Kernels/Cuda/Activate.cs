using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel GeluTanhKernel = new("activate_gelu_tanh", "activate");
    private static readonly CudaKernel GeluErfKernel = new("activate_gelu_erf", "activate");
    private static readonly CudaKernel ReluKernel = new("activate_relu", "activate");
    private static readonly CudaKernel SiluKernel = new("activate_silu", "activate");

    public void Activate(Activation activation, Tensor pre, Tensor linear, Tensor post)
    {
        Check.Activate(activation, pre, linear, post);
        CudaKernel kernel = activation switch
        {
            Activation.GeluTanh => GeluTanhKernel,
            Activation.GeluErf => GeluErfKernel,
            Activation.Relu => ReluKernel,
            _ => SiluKernel,
        };
        Elementwise(kernel, pre, linear, post);
    }
}
