using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void AppendKeyValues(Tensor k, Tensor v, PackedRows rows, KeyValueStore store) => throw new PlatformNotSupportedException();
}
