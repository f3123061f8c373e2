using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// A draw walks the tokens from the most probable on and seldom gets far, so they are sorted a band at a time: first
// those within half a nat of the top, then within 1, 2, 4 and so on, until the walk is over.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Sample(Tensor logits, ReadOnlySpan<SamplingOptions> options, Tensor ids)
    {
        Check.Sample(logits, options, ids);
        _counters.Ops++;
        fixed (SamplingOptions* o = options)
        {
            var body = new SampleBody
            {
                Workers = _workers,
                Logits = Floats(logits),
                Options = o,
                Ids = Integers(ids),
                Stride = logits.RowStride,
                Vocabulary = logits.Width,
            };
            if (logits.Shape.Count < 1 << 15)
            {
                for (int row = 0; row < logits.Rows; row++)
                {
                    body.Run(row, 0);
                }
            }
            else
            {
                _workers.For(logits.Rows, ref body);
            }
        }
    }

    /// <summary>Largest value that is a number; -infinity where there is none.</summary>
    private static float LargestNumber(float* z, int n)
    {
        TVector largest = TSimd.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= n - TSimd.Count; i += TSimd.Count)
        {
            TVector v = TSimd.Load(z + i);
            largest = TSimd.Select(TSimd.LessThan(largest, v), v, largest);
        }

        TVector rest = SimdMath<TSimd, TVector>.LoadPartial(z + i, n - i, float.NegativeInfinity);
        return TSimd.MaxLane(TSimd.Select(TSimd.LessThan(largest, rest), rest, largest));
    }

    /// <summary>First index of a value that is there.</summary>
    private static int IndexOf(float* z, int n, float value)
    {
        TVector below = TSimd.Create(MathF.BitDecrement(value));
        int i = 0;
        while (i <= n - TSimd.Count && !TSimd.AnyGreater(TSimd.Load(z + i), below))
        {
            i += TSimd.Count;
        }

        while (z[i] != value)
        {
            i++;
        }

        return i;
    }

    /// <summary>e^((z - top) / temperature); 0 for what is not a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector SampleWeight(TVector z, TVector top, TVector temperature)
    {
        TVector w = SimdMath<TSimd, TVector>.Exp(TSimd.Divide(TSimd.Subtract(z, top), temperature));
        return TSimd.Select(TSimd.LessThan(z, TSimd.Create(float.PositiveInfinity)), w, TSimd.Zero);
    }

    private struct SampleBody : IParallelBody
    {
        public CpuWorkers Workers;
        public float* Logits;
        public SamplingOptions* Options;
        public int* Ids;
        public long Stride;
        public int Vocabulary;

        public readonly void Run(int chunk, int worker) =>
            Ids[chunk] = Draw(Logits + (chunk * Stride), Options[chunk], worker);

        private readonly int Draw(float* z, in SamplingOptions o, int worker)
        {
            float top = LargestNumber(z, Vocabulary);
            if (float.IsNegativeInfinity(top))
            {
                return -1;
            }

            if (o.Temperature == 0 || o.TopK == 1 || float.IsPositiveInfinity(top))
            {
                return IndexOf(z, Vocabulary, top);
            }

            // Keys of 64 bits first, then weights.
            float* scratch = Workers.Scratch(worker, 3L * Vocabulary);
            var ranked = new RankedTokens
            {
                Logits = z,
                Vocabulary = Vocabulary,
                Top = top,
                Temperature = o.Temperature,
                Keys = (ulong*)scratch,
                Weights = scratch + (2L * Vocabulary),
                Lower = float.PositiveInfinity,
                Band = 0.5f,
            };

            int kept = o.TopK > 0 ? Math.Min(o.TopK, Vocabulary) : Vocabulary;
            double mass;
            if (o.TopK > 0)
            {
                while (ranked.Count < kept && ranked.More())
                {
                }

                kept = Math.Min(kept, ranked.Count);
                mass = 0;
                for (int i = 0; i < kept; i++)
                {
                    mass += ranked.Weights[i];
                }
            }
            else
            {
                mass = ranked.Mass();
            }

            if (o.TopP < 1)
            {
                kept = ranked.Walk(o.TopP * mass, kept, reach: true, out mass) + 1;
            }

            return (int)(uint)ranked.Keys[ranked.Walk(o.Uniform * mass, kept, reach: false, out _)];
        }
    }

    /// <summary>The tokens of a row in order of decreasing logit, the lower id first, sorted as far as was asked.</summary>
    private struct RankedTokens
    {
        public float* Logits;
        public int Vocabulary;
        public float Top;
        public float Temperature;
        public ulong* Keys;
        public float* Weights;
        public float Lower;
        public float Band;
        public int Count;

        /// <summary>Sum of all weights.</summary>
        public readonly double Mass()
        {
            TVector top = TSimd.Create(Top);
            TVector temperature = TSimd.Create(Temperature);
            double total = 0;
            for (int i = 0; i < Vocabulary;)
            {
                int end = Math.Min(Vocabulary, i + (16 * TSimd.Count));
                TVector sum = TSimd.Zero;
                for (; i <= end - TSimd.Count; i += TSimd.Count)
                {
                    sum = TSimd.Add(sum, SampleWeight(TSimd.Load(Logits + i), top, temperature));
                }

                if (i < end)
                {
                    TVector rest = SimdMath<TSimd, TVector>.LoadPartial(Logits + i, end - i, float.NegativeInfinity);
                    sum = TSimd.Add(sum, SampleWeight(rest, top, temperature));
                    i = end;
                }

                total += TSimd.Sum(sum);
            }

            return total;
        }

        /// <summary>
        /// Rank of the first token at which the running sum of weights exceeds (or reaches) a goal, or of the last that
        /// is kept and has a weight.
        /// </summary>
        public int Walk(double goal, int kept, bool reach, out double sum)
        {
            sum = 0;
            int last = 0;
            for (int i = 0; i < kept; i++)
            {
                while (i >= Count)
                {
                    if (!More())
                    {
                        return last;
                    }
                }

                if (Weights[i] == 0)
                {
                    return last;
                }

                last = i;
                sum += Weights[i];
                if (sum > goal || (reach && sum == goal))
                {
                    return i;
                }
            }

            return last;
        }

        /// <summary>Ranks the tokens of the next band; false where no band is left.</summary>
        public bool More()
        {
            if (float.IsNegativeInfinity(Lower))
            {
                return false;
            }

            // Nothing beyond 128 nats has a weight: the rest is one band.
            float upper = Lower;
            Lower = Band > 128 ? float.NegativeInfinity : Top - (Band * Temperature);
            Band *= 2;
            int first = Count;
            Collect(upper);
            new Span<ulong>(Keys + first, Count - first).Sort();
            for (int i = first; i < Count; i++)
            {
                Weights[i] = Logits[(uint)Keys[i]];
            }

            TVector top = TSimd.Create(Top);
            TVector temperature = TSimd.Create(Temperature);
            for (int i = first; i < Count; i += TSimd.Count)
            {
                int n = Math.Min(TSimd.Count, Count - i);
                TSimd.StorePartial(Weights + i, SampleWeight(TSimd.LoadPartial(Weights + i, n), top, temperature), n);
            }

            return true;
        }

        private void Collect(float upper)
        {
            TVector above = TSimd.Create(upper);
            TVector below = TSimd.Create(Lower);
            TVector none = TSimd.Create(float.NegativeInfinity);
            int i = 0;
            while (i < Vocabulary)
            {
                int end = Math.Min(Vocabulary, i + TSimd.Count);
                TVector v = SimdMath<TSimd, TVector>.LoadPartial(Logits + i, end - i, float.NegativeInfinity);
                if (!TSimd.AnyGreater(TSimd.Select(TSimd.LessThan(above, v), none, v), below))
                {
                    i = end;
                    continue;
                }

                for (; i < end; i++)
                {
                    float z = Logits[i];
                    if (z > Lower && z <= upper)
                    {
                        // The bits of a float in an order that integers have, largest first; + 0 makes -0 equal 0.
                        int bits = BitConverter.SingleToInt32Bits(z + 0f);
                        uint order = (uint)(bits ^ ((bits >> 31) | int.MinValue));
                        Keys[Count++] = ((ulong)~order << 32) | (uint)i;
                    }
                }
            }
        }
    }
}
