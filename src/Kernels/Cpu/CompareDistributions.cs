using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    /// <remarks>
    /// Two passes over both rows: maxima and sums, then the distances. The log ratio x is taken from the logits themselves,
    /// (a - b) - (lse a - lse b), and KL(p || q) as the sum of p (e^-x - 1 + x), which is the same, since p and q sum to 1,
    /// but has no negative terms: a small divergence keeps its digits.
    /// </remarks>
    public void CompareDistributions(Tensor a, Tensor b, Tensor distances)
    {
        Check.CompareDistributions(a, b, distances);
        _counters.Ops++;
        var body = new CompareDistributionsBody
        {
            A = Floats(a),
            B = Floats(b),
            Distances = Floats(distances),
            StrideA = a.RowStride,
            StrideB = b.RowStride,
            StrideDistances = distances.RowStride,
            Width = a.Width,
        };
        RowLoop<CompareDistributionsBody>.Run(_workers, a.Rows, a.Width * 64L, body);
    }

    private struct CompareDistributionsBody : IRowBody
    {
        public float* A;
        public float* B;
        public float* Distances;
        public long StrideA;
        public long StrideB;
        public long StrideDistances;
        public int Width;

        // Short enough that f32 lanes lose nothing to speak of; the blocks meet in f64.
        private static int Block => 16 * TSimd.Count;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                Compare(A + (row * StrideA), B + (row * StrideB), Distances + (row * StrideDistances));
            }
        }

        private readonly void Compare(float* a, float* b, float* distances)
        {
            (float topA, double sumA) = Softmax(a);
            (float topB, double sumB) = Softmax(b);
            TVector inverseA = TSimd.Create((float)(1 / sumA)), inverseB = TSimd.Create((float)(1 / sumB));
            TVector topsA = TSimd.Create(topA), topsB = TSimd.Create(topB);
            TVector offset = TSimd.Create((float)(topA - (double)topB + Math.Log(sumA) - Math.Log(sumB)));
            double forward = 0, backward = 0, squares = 0, absolute = 0;
            for (int i = 0; i < Width;)
            {
                int end = Math.Min(Width, i + Block);
                TVector f = TSimd.Zero, r = f, s = f, t = f;
                for (; i < end; i += TSimd.Count)
                {
                    int count = Math.Min(TSimd.Count, end - i);
                    TVector va = Load(a + i, count), vb = Load(b + i, count);
                    TVector p = TSimd.Multiply(SimdMath<TSimd, TVector>.ExpOfNegative(TSimd.Subtract(va, topsA)), inverseA);
                    TVector q = TSimd.Multiply(SimdMath<TSimd, TVector>.ExpOfNegative(TSimd.Subtract(vb, topsB)), inverseB);
                    TVector ratio = TSimd.Subtract(TSimd.Subtract(va, vb), offset);
                    TVector difference = TSimd.Subtract(p, q);
                    f = TSimd.Add(f, Divergence(p, q, ratio));
                    r = TSimd.Add(r, Divergence(q, p, TSimd.Subtract(TSimd.Zero, ratio)));
                    s = TSimd.Fma(difference, difference, s);
                    t = TSimd.Add(t, TSimd.Abs(difference));
                }

                forward += TSimd.Sum(f);
                backward += TSimd.Sum(r);
                squares += TSimd.Sum(s);
                absolute += TSimd.Sum(t);
            }

            distances[0] = (float)forward;
            distances[1] = (float)backward;
            distances[2] = (float)Math.Sqrt(squares);
            distances[3] = (float)(absolute / 2);
        }

        // p (e^-x - 1 + x) where q = p e^-x. A token without p adds q alone, whatever its ratio; NaN is less than nothing and
        // stays.
        private static TVector Divergence(TVector p, TVector q, TVector x)
        {
            TVector large = TSimd.Add(TSimd.Multiply(p, TSimd.Subtract(x, TSimd.Create(1f))), q);
            TVector series = TSimd.Create(1f / 40320);
            series = TSimd.Fma(series, x, TSimd.Create(-1f / 5040));
            series = TSimd.Fma(series, x, TSimd.Create(1f / 720));
            series = TSimd.Fma(series, x, TSimd.Create(-1f / 120));
            series = TSimd.Fma(series, x, TSimd.Create(1f / 24));
            series = TSimd.Fma(series, x, TSimd.Create(-1f / 6));
            series = TSimd.Fma(series, x, TSimd.Create(0.5f));
            TVector small = TSimd.Multiply(TSimd.Multiply(p, TSimd.Multiply(x, x)), series);
            TVector term = TSimd.Select(TSimd.LessThan(TSimd.Abs(x), TSimd.Create(0.5f)), small, large);
            return TSimd.Select(TSimd.LessThan(p, TSimd.Create(float.Epsilon)), q, term);
        }

        private static TVector Load(float* p, int count) => SimdMath<TSimd, TVector>.LoadPartial(p, count, float.NegativeInfinity);

        private readonly (float Top, double Sum) Softmax(float* logits)
        {
            TVector top = TSimd.Create(float.NegativeInfinity);
            for (int i = 0; i < Width; i += TSimd.Count)
            {
                top = TSimd.Max(top, Load(logits + i, Math.Min(TSimd.Count, Width - i)));
            }

            float largest = TSimd.MaxLane(top);
            TVector tops = TSimd.Create(largest);
            double sum = 0;
            for (int i = 0; i < Width;)
            {
                int end = Math.Min(Width, i + Block);
                TVector part = TSimd.Zero;
                for (; i < end; i += TSimd.Count)
                {
                    part = TSimd.Add(part, SimdMath<TSimd, TVector>.ExpOfNegative(TSimd.Subtract(Load(logits + i, Math.Min(TSimd.Count, end - i)), tops)));
                }

                sum += TSimd.Sum(part);
            }

            return (largest, sum);
        }
    }
}
