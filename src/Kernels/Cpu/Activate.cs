using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Activate(Activation activation, Tensor pre, Tensor linear, Tensor post)
    {
        Check.Activate(activation, pre, linear, post);

        // One loop for each activation, so that none chooses element by element.
        switch (activation)
        {
            case Activation.GeluTanh:
                Activate(default(GeluTanh), pre, linear, post);
                break;
            case Activation.GeluErf:
                Activate(default(GeluErf), pre, linear, post);
                break;
            case Activation.Relu:
                Activate(default(Relu), pre, linear, post);
                break;
            default:
                Activate(default(Silu), pre, linear, post);
                break;
        }
    }

    private void Activate<TFunction>(TFunction f, Tensor pre, Tensor linear, Tensor post)
        where TFunction : struct, IElementwise<TVector>
    {
        const int Cost = 16;
        if (linear.IsAbsent)
        {
            Elementwise(f, pre, pre, post, Cost);
        }
        else
        {
            Elementwise(default(Gated<TFunction>), pre, linear, post, Cost);
        }
    }

    private readonly struct Gated<TFunction> : IElementwise<TVector>
        where TFunction : struct, IElementwise<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply(TVector a, TVector b) => TSimd.Multiply(default(TFunction).Apply(a, b), b);
    }

    private readonly struct GeluTanh : IElementwise<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply(TVector a, TVector b) => ActivationMath<TSimd, TVector>.Apply(Activation.GeluTanh, a);
    }

    private readonly struct GeluErf : IElementwise<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply(TVector a, TVector b) => ActivationMath<TSimd, TVector>.Apply(Activation.GeluErf, a);
    }

    private readonly struct Relu : IElementwise<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply(TVector a, TVector b) => ActivationMath<TSimd, TVector>.Apply(Activation.Relu, a);
    }

    private readonly struct Silu : IElementwise<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply(TVector a, TVector b) => ActivationMath<TSimd, TVector>.Apply(Activation.Silu, a);
    }
}
