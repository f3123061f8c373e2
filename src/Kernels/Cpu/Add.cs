using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Add(Tensor a, Tensor b, Tensor y)
    {
        Check.Add(a, b, y);
        Elementwise(default(Sum), a, b, y);
    }
}
