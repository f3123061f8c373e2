using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AppendKeyValues(Tensor k, Tensor v, PackedRows rows, KeyValueStore store)
    {
        throw new NotSupportedException();
    }
}
