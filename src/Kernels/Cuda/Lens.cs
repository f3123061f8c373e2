using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Lens(in LensArguments arguments) => throw new PlatformNotSupportedException();
}
