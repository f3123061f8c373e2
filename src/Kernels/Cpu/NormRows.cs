using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// What the two norms and their separate steps share, so that all give the same bits.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    private void Norm(Tensor x, Tensor gain, float gainOffset, Tensor bias, float epsilon, bool centered, Tensor y, in NormTaps taps)
    {
        int size = (int)gain.Shape.Count;
        int groups = x.Width / size;
        _counters.Ops++;
        var body = new NormBody
        {
            X = Floats(x),
            Y = Floats(y),
            Scale = Floats(taps.Scale),
            Normalized = Floats(taps.Normalized),
            Residual = Floats(taps.Residual),
            Sum = Floats(taps.Sum),
            Gain = Floats(gain),
            Bias = Floats(bias),
            StrideX = x.RowStride,
            StrideY = y.RowStride,
            StrideScale = taps.Scale.RowStride,
            StrideNormalized = taps.Normalized.RowStride,
            StrideResidual = taps.Residual.RowStride,
            StrideSum = taps.Sum.RowStride,
            Groups = groups,
            Size = size,
            GainOffset = gainOffset,
            Epsilon = epsilon,
            Centered = centered,
        };
        RowLoop<NormBody>.Run(_workers, x.Rows, x.Width * 16L, body);
    }

    /// <summary>
    /// Sum of a row: f32 lanes over blocks short enough that they lose nothing to speak of, the blocks in f64.
    /// </summary>
    private static double RowSum(float* x, int n)
    {
        double total = 0;
        for (int i = 0; i < n;)
        {
            int end = Math.Min(n, i + (64 * TSimd.Count));
            TVector a = TSimd.Zero, b = a, c = a, d = a;
            for (; i <= end - (4 * TSimd.Count); i += 4 * TSimd.Count)
            {
                a = TSimd.Add(a, TSimd.Load(x + i));
                b = TSimd.Add(b, TSimd.Load(x + i + TSimd.Count));
                c = TSimd.Add(c, TSimd.Load(x + i + (2 * TSimd.Count)));
                d = TSimd.Add(d, TSimd.Load(x + i + (3 * TSimd.Count)));
            }

            for (; i <= end - TSimd.Count; i += TSimd.Count)
            {
                a = TSimd.Add(a, TSimd.Load(x + i));
            }

            if (i < end)
            {
                b = TSimd.Add(b, TSimd.LoadPartial(x + i, end - i));
                i = end;
            }

            total += TSimd.Sum(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)));
        }

        return total;
    }

    /// <summary>Sum of (x - center)^2, taken as <see cref="RowSum"/> is.</summary>
    private static double RowSquares(float* x, float center, int n)
    {
        TVector m = TSimd.Create(center);
        double total = 0;
        for (int i = 0; i < n;)
        {
            int end = Math.Min(n, i + (64 * TSimd.Count));
            TVector a = TSimd.Zero, b = a, c = a, d = a;
            for (; i <= end - (4 * TSimd.Count); i += 4 * TSimd.Count)
            {
                a = AddSquare(TSimd.Subtract(TSimd.Load(x + i), m), a);
                b = AddSquare(TSimd.Subtract(TSimd.Load(x + i + TSimd.Count), m), b);
                c = AddSquare(TSimd.Subtract(TSimd.Load(x + i + (2 * TSimd.Count)), m), c);
                d = AddSquare(TSimd.Subtract(TSimd.Load(x + i + (3 * TSimd.Count)), m), d);
            }

            for (; i <= end - TSimd.Count; i += TSimd.Count)
            {
                a = AddSquare(TSimd.Subtract(TSimd.Load(x + i), m), a);
            }

            if (i < end)
            {
                TVector rest = TSimd.Subtract(TSimd.LoadPartial(x + i, end - i), m);
                b = AddSquare(TSimd.Select(TSimd.FirstLanes(end - i), rest, TSimd.Zero), b);
                i = end;
            }

            total += TSimd.Sum(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)));
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector AddSquare(TVector v, TVector sum) => TSimd.Fma(v, v, sum);

    /// <summary>The mean of a row as the norms take it.</summary>
    private static float RowMean(float* x, int n) => (float)(RowSum(x, n) / n);

    /// <summary>The middle step of a norm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector NormalizeVector(TVector x, TVector mean, TVector inverse) =>
        TSimd.Multiply(TSimd.Subtract(x, mean), inverse);

    private struct NormBody : IRowBody
    {
        public float* X;
        public float* Y;
        public float* Scale;
        public float* Normalized;
        public float* Residual;
        public float* Sum;
        public float* Gain;
        public float* Bias;
        public long StrideX;
        public long StrideY;
        public long StrideScale;
        public long StrideNormalized;
        public long StrideResidual;
        public long StrideSum;
        public int Groups;
        public int Size;
        public float GainOffset;
        public float Epsilon;
        public bool Centered;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                for (int group = 0; group < Groups; group++)
                {
                    long at = (long)group * Size;
                    float* x = X + (row * StrideX) + at;
                    float mean = Centered ? RowMean(x, Size) : 0;
                    float scale = (float)Math.Sqrt((RowSquares(x, mean, Size) / Size) + Epsilon);
                    if (Scale is not null)
                    {
                        Scale[(row * StrideScale) + group] = scale;
                    }

                    float* normalized = Normalized is null ? null : Normalized + (row * StrideNormalized) + at;
                    float* y = Y + (row * StrideY) + at;
                    Finish(x, mean, 1 / scale, normalized, y);
                    if (Sum is not null)
                    {
                        ElementwiseRow(default(Sum), Residual + (row * StrideResidual) + at, y, Sum + (row * StrideSum) + at, Size);
                    }
                }
            }
        }

        private readonly void Finish(float* x, float mean, float inverse, float* normalized, float* y)
        {
            // Locals: a store through a pointer could change a field, which would be read again each time.
            float* gain = Gain;
            float* bias = Bias;
            int size = Size;
            TVector m = TSimd.Create(mean);
            TVector r = TSimd.Create(inverse);
            TVector offset = TSimd.Create(GainOffset);
            int i = 0;
            for (; i <= size - TSimd.Count; i += TSimd.Count)
            {
                TVector v = NormalizeVector(TSimd.Load(x + i), m, r);
                if (normalized is not null)
                {
                    TSimd.Store(normalized + i, v);
                }

                TSimd.Store(y + i, AffineVector(v, gain, offset, bias, i));
            }

            int rest = size - i;
            if (rest > 0)
            {
                TVector v = NormalizeVector(TSimd.LoadPartial(x + i, rest), m, r);
                if (normalized is not null)
                {
                    TSimd.StorePartial(normalized + i, v, rest);
                }

                TSimd.StorePartial(y + i, AffineVector(v, gain, offset, bias, i, rest), rest);
            }
        }
    }
}
