using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>
/// Meta-attention is compared with what its definition says: attention of all rows with a mask of all pairs, which is 0
/// where both rows are in the subset and the key is not after the query. Rows outside the subset hold NaN in every operand
/// that must not be read there.
/// </summary>
public sealed class MetaAttentionTests
{
    private static readonly Case[] Cases =
    [
        new(2, 2, 16, [40], [[]]),
        new(1, 1, 8, [1], [[0]]),
        new(3, 1, 10, [20], [[7]]),
        new(4, 2, 59, [50], [[0, 1, 13, 14, 30, 49]]),
        new(6, 2, 64, [130, 1, 40, 75], [[.. Enumerable.Range(0, 130).Where(i => i % 3 != 1)], [0], [], [5, 6, 70]]),
        new(2, 2, 32, [100], [[.. Enumerable.Range(0, 100)]]),
        new(8, 1, 80, [90, 60], [[.. Enumerable.Range(20, 70)], [59]], Window: 5),
        new(4, 4, 128, [70], [[.. Enumerable.Range(0, 35).Select(i => 2 * i)]], Softcap: 3),
    ];

    [Theory, EveryDevice]
    public void IsAttentionUnderTheMask(string device)
    {
        foreach (Case c in For(device))
        {
            using var t = new TestTensors(device);
            c.Check(c.Run(t, strided: true));
        }
    }

    [Theory, EveryDevice]
    public void RowsOutsideTheSubsetKeepTheirBits(string device)
    {
        foreach (Case c in For(device))
        {
            using var t = new TestTensors(device);
            float[] before = c.Before, y = c.Run(t);
            int width = c.Heads * c.Size;
            foreach (int row in Enumerable.Range(0, c.Rows).Except(c.Index))
            {
                Oracle.SameBits(before.AsSpan(row * width, width), y.AsSpan(row * width, width), $"row {row} of {c}");
            }
        }
    }

    [Theory, EveryDevice]
    public void ASubsetOfAllRowsIsAttention(string device)
    {
        foreach (ElementType type in Types(device))
        {
            var c = new Case(6, 2, 64, [45, 3, 80], [[.. Enumerable.Range(0, 45)], [0, 1, 2], [.. Enumerable.Range(0, 80)]], Type: type);
            using var t = new TestTensors(device);
            using KeyValueStore store = c.Store(t);
            Tensor q = c.Queries(t), k = c.Keys(t), v = c.Values(t), z = t.Output(q.Shape);
            t.Ops.AppendKeyValues(k, v, c.Subset, store);
            t.Ops.Attention(q, store, c.Subset, c.Options, z);
            float[] expected = t.Read(z), before = c.Before;
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] += before[i];
            }

            Oracle.SameBits(expected, c.Run(t), c.ToString());
        }
    }

    [Theory, EveryDevice]
    public void ALaterBatchGoesOn(string device)
    {
        foreach (ElementType type in Types(device))
        {
            // Rows 0 .. 49 as one batch, then as three; the second has no row of the subset.
            var c = new Case(4, 2, 32, [50], [[0, 3, 4, 10, 11, 40, 41, 45]], Type: type);
            using var t = new TestTensors(device);
            float[] whole = c.Run(t);
            using KeyValueStore store = c.Store(t);
            Tensor q = c.Queries(t), k = c.Keys(t), v = c.Values(t), y = t.InOut(c.Before, q.Shape);
            int held = 0;
            foreach ((int first, int end) in new[] { (0, 12), (12, 40), (40, 50) })
            {
                int[] index = [.. c.Index.Where(i => i >= first && i < end).Select(i => i - first)];
                var subset = new PackedRows([0, index.Length], [held]);
                Tensor Part(Tensor x) => x.RowRange(first, end - first);
                t.Ops.MetaAttention(Part(q), Part(k), Part(v), t.Input(index, new Shape(index.Length)), subset, store, c.Options, Part(y));
                held += index.Length;
            }

            if (Devices.RowsStandAlone(device))
            {
                Oracle.SameBits(whole, t.Read(y), c.ToString());
            }
            else
            {
                c.Check(t.Read(y));
            }
        }
    }

    [Theory, EveryDevice]
    public void ASequencesBitsAreItsOwn(string device)
    {
        foreach (Case c in For(device).Where(c => c.Lengths.Length > 1))
        {
            using var t = new TestTensors(device);
            float[] whole = c.Run(t);
            int width = c.Heads * c.Size, first = 0;
            for (int s = 0; s < c.Lengths.Length; s++)
            {
                Case one = c.Only(s);
                float[] alone = one.Run(t);
                if (Devices.RowsStandAlone(device))
                {
                    Oracle.SameBits(whole.AsSpan(first * width, alone.Length), alone, $"sequence {s} of {c}");
                }
                else
                {
                    one.Check(alone);
                }

                first += c.Lengths[s];
            }

            foreach (string sibling in Devices.Siblings(device))
            {
                using var other = new TestTensors(sibling);
                Oracle.SameBits(whole, c.Run(other), $"{sibling}: {c}");
            }
        }
    }

    [Theory, EveryDevice]
    public void RefusesRowsThatAreNotThereAndOperandsThatDoNotFit(string device)
    {
        using var t = new TestTensors(device);
        using KeyValueStore store = t.Device.CreateKeyValueStore(2, 8, ElementType.F32);
        store.Reserve(1, 4);
        Tensor Made(params int[] shape) => t.InOut(new float[new Shape(shape).Count], new Shape(shape));
        void Refused(Tensor q, Tensor k, int[] index, PackedRows subset, Tensor y) => Assert.ThrowsAny<ArgumentException>(() =>
            t.Finish(() => t.Ops.MetaAttention(q, k, k, t.Input(index, new Shape(index.Length)), subset, store, new AttentionOptions(1), y)));

        Tensor q = Made(5, 4, 8), k = Made(5, 2, 8), y = Made(5, 4, 8);
        var two = new PackedRows([0, 2], [0]);
        Refused(q, k, [0, 5], two, y);
        Refused(q, k, [-1, 0], two, y);
        Refused(q, k, [0, 1, 2], two, y);
        Refused(q, k, [0, 1], new PackedRows([0, 2], [1000]), y);
        Refused(q, k, [0, 1], new PackedRows([0, 1, 2], [0, 0]), y);
        Refused(q, Made(4, 2, 8), [0, 1], two, y);
        Refused(q, k, [0, 1], two, Made(5, 2, 8));
        Refused(Made(5, 3, 8), k, [0, 1], two, Made(5, 3, 8));
        t.CheckSentinels();
    }

    private static ElementType[] Types(string device) => Devices.Computes16Bits(device) ? [ElementType.BF16, ElementType.F16] : [ElementType.F32];

    private static IEnumerable<Case> For(string device) => Types(device).SelectMany(type => Cases.Select(c => c with { Type = type }));

    /// <summary>Sequences packed one after another, and the places of each one's subset.</summary>
    private sealed record Case(int Heads, int KeyHeads, int Size, int[] Lengths, int[][] Places, float Softcap = 0, int Window = 0, ElementType Type = ElementType.F32)
    {
        private const int Seed = 3;

        public int Rows => Lengths.Sum();

        public AttentionOptions Options => new(1.1f / MathF.Sqrt(Size), Softcap, Window);

        /// <summary>The subset as rows of the batch.</summary>
        public int[] Index => [.. Places.SelectMany((p, s) => p.Select(i => Lengths[..s].Sum() + i))];

        public PackedRows Subset => new([0, .. Places.Select((_, s) => Places[..(s + 1)].Sum(p => p.Length))], new int[Places.Length]);

        /// <summary>What y holds before.</summary>
        public float[] Before => Given?[3] ?? Drawn(3, Heads, ElementType.F32);

        private float[] Q => Numbers(0, Heads);

        private float[] K => Numbers(1, KeyHeads);

        private float[] V => Numbers(2, KeyHeads);

        private float[][]? Given { get; init; }

        public Tensor Queries(TestTensors t, bool strided = false) => Operand(t, Q, Heads, strided);

        public Tensor Keys(TestTensors t, bool strided = false) => Operand(t, K, KeyHeads, strided);

        public Tensor Values(TestTensors t, bool strided = false) => Operand(t, V, KeyHeads, strided);

        public KeyValueStore Store(TestTensors t)
        {
            KeyValueStore store = t.Device.CreateKeyValueStore(KeyHeads, Size, Type);
            store.Reserve(Places.Length, Math.Max(1, Places.Max(p => p.Length)));
            return store;
        }

        public float[] Run(TestTensors t, bool strided = false)
        {
            using KeyValueStore store = Store(t);
            Tensor y = t.InOut(Before, new Shape(Rows, Heads, Size), strided);
            t.Ops.MetaAttention(Queries(t, strided), Keys(t, strided), Values(t, strided), t.Input(Index, new Shape(Index.Length)), Subset, store, Options, y);
            return t.Read(y);
        }

        /// <summary>One sequence with its numbers.</summary>
        public Case Only(int sequence)
        {
            int first = Lengths[..sequence].Sum();
            float[] Part(float[] x, int heads) => x.AsSpan(first * heads * Size, Lengths[sequence] * heads * Size).ToArray();
            return this with
            {
                Lengths = [Lengths[sequence]],
                Places = [Places[sequence]],
                Given = [Part(Q, Heads), Part(K, KeyHeads), Part(V, KeyHeads), Part(Before, Heads)],
            };
        }

        /// <summary>Fails unless y is what the mask gives, to the rounding of f32 and, in 16 bits, of every weight.</summary>
        public void Check(float[] y)
        {
            (double unit, double least) = Type switch { ElementType.BF16 => (1.0 / 256, 0), ElementType.F16 => (1.0 / 2048, 1.0 / (1 << 25)), _ => (0.0, 0.0) };
            float[] q = Q, k = K, v = V, before = Before;
            var expected = new double[y.Length];
            var bounds = new double[y.Length];
            for (int s = 0, first = 0; s < Lengths.Length; first += Lengths[s++])
            {
                for (int h = 0; h < Heads; h++)
                {
                    for (int i = 0; i < Lengths[s]; i++)
                    {
                        int row = (((first + i) * Heads) + h) * Size;
                        double[] weights = [.. Enumerable.Range(0, Lengths[s]).Select(j => Score(s, i, j, row, (((first + j) * KeyHeads) + (h / (Heads / KeyHeads))) * Size))];
                        double most = weights.Max(), sum = double.IsNegativeInfinity(most) ? 1 : weights.Sum(a => Math.Exp(a - most));
                        for (int d = 0; d < Size; d++)
                        {
                            expected[row + d] = before[row + d];
                            for (int j = 0; j < Lengths[s] && !double.IsNegativeInfinity(most); j++)
                            {
                                double weight = Math.Exp(weights[j] - most) / sum, value = v[(((first + j) * KeyHeads) + (h / (Heads / KeyHeads))) * Size + d];
                                expected[row + d] += weight * value;
                                bounds[row + d] += Math.Max(unit * weight, weight > 0 ? least / sum : 0) * Math.Abs(value);
                            }

                            bounds[row + d] += 3e-6 + (1e-6 * Math.Abs(expected[row + d]));
                        }
                    }
                }
            }

            Oracle.Within(expected, y, bounds, ToString());

            double Score(int s, int i, int j, int query, int key)
            {
                int from = Array.IndexOf(Places[s], i), to = Array.IndexOf(Places[s], j);
                if (from < 0 || to < 0 || to > from || (Window > 0 && to <= from - Window))
                {
                    return double.NegativeInfinity;
                }

                double dot = 0;
                for (int d = 0; d < Size; d++)
                {
                    dot += (double)q[query + d] * k[key + d];
                }

                dot *= Options.Scale;
                return Softcap == 0 ? dot : Softcap * Math.Tanh(dot / Softcap);
            }
        }

        public override string ToString() => $"{Heads}/{KeyHeads} heads of {Size}, lengths {string.Join(' ', Lengths)}, {Index.Length} rows, cap {Softcap}, window {Window}, {Type}";

        // Rows that are not asked for are no numbers.
        private Tensor Operand(TestTensors t, float[] values, int heads, bool strided)
        {
            float[] spoilt = [.. values];
            foreach (int row in Enumerable.Range(0, Rows).Except(Index))
            {
                spoilt.AsSpan(row * heads * Size, heads * Size).Fill(float.NaN);
            }

            return t.Input(spoilt, new Shape(Rows, heads, Size), strided);
        }

        private float[] Numbers(int which, int heads) => Given?[which] ?? Drawn(which, heads, Type);

        private float[] Drawn(int which, int heads, ElementType type)
        {
            var random = new Random(Seed + which);
            return TestWeights.Round([.. Enumerable.Range(0, Rows * heads * Size).Select(_ => (float)((random.NextDouble() * 4) - 2))], type);
        }
    }
}
