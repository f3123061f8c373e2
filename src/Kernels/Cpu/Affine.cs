using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Affine(Tensor x, Tensor gain, float gainOffset, Tensor bias, Tensor y)
    {
        throw new NotSupportedException();
    }
}
