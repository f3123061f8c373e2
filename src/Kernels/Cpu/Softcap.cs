using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Softcap(Tensor x, float cap, Tensor y)
    {
        Check.Softcap(x, cap, y);
        Elementwise(new Cap { Limit = cap }, x, x, y, cost: 24);
    }

    private struct Cap : IElementwise<TVector>
    {
        public float Limit;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly TVector Apply(TVector a, TVector b)
        {
            TVector limit = TSimd.Create(Limit);
            return TSimd.Multiply(limit, SimdMath<TSimd, TVector>.Tanh(TSimd.Divide(a, limit)));
        }
    }
}
