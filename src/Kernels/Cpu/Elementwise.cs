using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>A function of the elements of two rows; one of a single row looks at the first only.</summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal interface IElementwise<TVector>
{
    /// <summary>The function, lane by lane.</summary>
    TVector Apply(TVector a, TVector b);
}

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    /// <summary>y = f(a, b) for all rows.</summary>
    /// <param name="f">The function.</param>
    /// <param name="a">Rows; may be y.</param>
    /// <param name="b">Rows; may be y, and a where f looks at one row only.</param>
    /// <param name="y">Written.</param>
    /// <param name="cost">Time of an element's arithmetic, in bytes that could be moved instead.</param>
    private void Elementwise<TFunction>(TFunction f, Tensor a, Tensor b, Tensor y, int cost = 0)
        where TFunction : struct, IElementwise<TVector>
    {
        _counters.Ops++;
        var body = new ElementwiseBody<TFunction>
        {
            Function = f,
            A = Floats(a),
            B = Floats(b),
            Y = Floats(y),
            StrideA = a.RowStride,
            StrideB = b.RowStride,
            StrideY = y.RowStride,
            Width = y.Width,
        };
        RowLoop<ElementwiseBody<TFunction>>.Run(_workers, y.Rows, y.Width * (12L + cost), body);
    }

    private static void ElementwiseRow<TFunction>(TFunction f, float* a, float* b, float* y, int width)
        where TFunction : struct, IElementwise<TVector>
    {
        int i = 0;
        for (; i <= width - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(y + i, f.Apply(TSimd.Load(a + i), TSimd.Load(b + i)));
        }

        int rest = width - i;
        if (rest > 0)
        {
            TSimd.StorePartial(y + i, f.Apply(TSimd.LoadPartial(a + i, rest), TSimd.LoadPartial(b + i, rest)), rest);
        }
    }

    private struct ElementwiseBody<TFunction> : IRowBody
        where TFunction : struct, IElementwise<TVector>
    {
        public TFunction Function;
        public float* A;
        public float* B;
        public float* Y;
        public long StrideA;
        public long StrideB;
        public long StrideY;
        public int Width;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                ElementwiseRow(Function, A + (row * StrideA), B + (row * StrideB), Y + (row * StrideY), Width);
            }
        }
    }

    private readonly struct Sum : IElementwise<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply(TVector a, TVector b) => TSimd.Add(a, b);
    }
}
