using System.Runtime.CompilerServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Subtract(Tensor a, Tensor b, Tensor y)
    {
        Check.Subtract(a, b, y);
        Elementwise(default(Difference), a, b, y);
    }

    private readonly struct Difference : IElementwise<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply(TVector a, TVector b) => TSimd.Subtract(a, b);
    }
}
