using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>
/// One shape of attention with its data and its formula in f64. Sequence s holds Starts[s] keys from before the batch
/// and Lengths[s] rows in it.
/// </summary>
public sealed record AttentionCase(int Heads, int KeyHeads, int Size, int[] Starts, int[] Lengths, float Softcap = 0, int Window = 0, ElementType Type = ElementType.F32)
{
    /// <summary>Heads that share keys or not, odd sizes and lengths, windows shorter and longer than a tile and a text.</summary>
    public static readonly AttentionCase[] All =
    [
        new(1, 1, 8, [0], [1]),
        new(3, 3, 10, [0], [45]),
        new(4, 2, 59, [0, 0, 0], [31, 0, 33]),
        new(6, 2, 64, [5, 0, 40], [3, 37, 1]),
        new(8, 1, 80, [70, 3], [1, 1]),
        new(5, 5, 128, [0, 31], [70, 1], Softcap: 2.5f),
        new(2, 1, 256, [33], [32], Softcap: 50),
        new(2, 2, 64, [0, 9], [50, 20], Window: 1),
        new(4, 2, 10, [0, 9], [50, 20], Window: 3),
        new(2, 2, 59, [0, 100], [50, 1], Window: 8),
        new(9, 3, 16, [0, 17], [75, 50], Window: 31),
        new(2, 2, 32, [0, 64], [97, 33], Window: 32),
        new(2, 1, 80, [0, 60], [97, 14], Window: 33, Softcap: 3),
        new(2, 2, 8, [0, 4], [40, 20], Window: 1000),
        new(2, 2, 16, [200, 31], [120, 50], Window: 70),
        new(14, 2, 64, [0], [130]),
        new(28, 1, 8, [100], [2]),
        new(2, 1, 8, [126, 62, 30], [3, 3, 3]), // Rows around the ends of tiles, and the first keys of windows.
        new(1, 1, 8, [126, 62], [3, 3], Window: 128),
    ];

    private static readonly AttentionCase[] Rounded = [.. All.Select(c => c.Of(ElementType.BF16))];
    private static readonly AttentionCase[] RoundedToo = [.. All.Where(c => c.Size is 10 or 64).Select(c => c.Of(ElementType.F16))];

    private const int Seed = 7;
    private readonly Lazy<Texts> _texts = new(() => new Texts(Heads, KeyHeads, Size, Starts, Lengths, Type));

    /// <summary>
    /// The cases of a device, with weights of every type that it keeps keys and values in. Their numbers are of that type,
    /// so that keeping them rounds nothing.
    /// </summary>
    public static IEnumerable<AttentionCase> For(string device) => Devices.Computes16Bits(device) ? [.. Rounded, .. RoundedToo] : All;

    public int Sequences => Starts.Length;

    /// <summary>Like 1 / sqrt(size), but not what a body could take for granted.</summary>
    public float Scale => 1.1f / MathF.Sqrt(Size);

    public AttentionOptions Options => new(Scale, Softcap, Window);

    public PackedRows Rows { get; } = new([0, .. Lengths.Select((_, s) => Lengths[..(s + 1)].Sum())], Starts);

    /// <summary>Queries [rows, heads, size], keys and values [rows of s, key heads, size] from position 0.</summary>
    public float[] Queries => _texts.Value.Q;

    public float[][] Keys => _texts.Value.K;

    public float[][] Values => _texts.Value.V;

    /// <summary>First key that a query at a position sees.</summary>
    public int First(int position) => Window > 0 ? Math.Max(0, position - Window + 1) : 0;

    /// <summary>A store that holds the keys before the batch.</summary>
    public KeyValueStore Store(TestTensors t, bool withBatch = true)
    {
        KeyValueStore store = t.Device.CreateKeyValueStore(KeyHeads, Size, Type);
        store.Reserve(Sequences, Enumerable.Range(0, Sequences).Max(s => Starts[s] + Lengths[s]));
        Append(t, store, new int[Sequences], Starts);
        if (withBatch)
        {
            Append(t, store, Starts, Lengths);
        }

        return store;
    }

    /// <summary>Appends some positions of each sequence.</summary>
    public void Append(TestTensors t, KeyValueStore store, int[] starts, int[] lengths, bool strided = false)
    {
        int width = KeyHeads * Size;
        float[] Part(float[][] from) => [.. from.Take(starts.Length).SelectMany((x, s) => x.AsSpan(starts[s] * width, lengths[s] * width).ToArray())];
        var rows = new PackedRows([0, .. lengths.Select((_, s) => lengths[..(s + 1)].Sum())], starts);
        var shape = new Shape(rows.Rows, KeyHeads, Size);
        t.Ops.AppendKeyValues(t.Input(Part(Keys), shape, strided), t.Input(Part(Values), shape, strided), rows, store);
    }

    /// <summary>z of the case as a device makes it.</summary>
    public float[] Run(TestTensors t)
    {
        using KeyValueStore store = Store(t);
        Tensor z = t.Output(new Shape(Rows.Rows, Heads, Size));
        t.Ops.Attention(t.Input(Queries, new Shape(Rows.Rows, Heads, Size)), store, Rows, Options, z);
        return t.Read(z);
    }

    /// <summary>One sequence alone, from some position on.</summary>
    public AttentionCase Only(int sequence, int start)
    {
        var one = new AttentionCase(Heads, KeyHeads, Size, [start], [Starts[sequence] + Lengths[sequence] - start], Softcap, Window, Type);
        int skip = start - Starts[sequence];
        int width = Heads * Size;
        float[] q = Queries.AsSpan((Rows.Offsets[sequence] + skip) * width, one.Lengths[0] * width).ToArray();
        return one.With(q, [Keys[sequence]], [Values[sequence]]);
    }

    /// <summary>The same with weights of another type.</summary>
    public AttentionCase Of(ElementType type) => new(Heads, KeyHeads, Size, Starts, Lengths, Softcap, Window, type);

    /// <summary>The same shape with other numbers.</summary>
    public AttentionCase With(float[] queries, float[][] keys, float[][] values) => new(this, new Texts(queries, keys, values));

    /// <summary>Fails unless z is what the formula says, to the rounding of f32 and, in 16 bits, of every weight.</summary>
    public void CheckZ(ReadOnlySpan<float> z, string what = "")
    {
        (_, _, double[] expected, double[] bounds) = Expected();
        Oracle.Within(expected, z, bounds, $"{what} {this}");
    }

    /// <summary>
    /// Scores, weights and z in f64, and how far z may be off; maps as <see cref="AttentionMap"/> lays them out.
    /// </summary>
    public (double[] Scores, double[] Pattern, double[] Z, double[] Bounds) Expected() => _texts.Value.Expected ??= Formula();

    private (double[] Scores, double[] Pattern, double[] Z, double[] Bounds) Formula()
    {
        // Half a unit in the last place of a weight, and of the smallest weights, which have fewer digits in f16.
        (double unit, double least) = Type switch { ElementType.BF16 => (1.0 / 256, 0), ElementType.F16 => (1.0 / 2048, 1.0 / (1 << 25)), _ => (0.0, 0.0) };
        PackedRows rows = Rows;
        var scores = new double[AttentionMap.Count(rows, Heads)];
        Array.Fill(scores, double.NegativeInfinity);
        var pattern = new double[scores.Length];
        var z = new double[rows.Rows * Heads * Size];
        var bounds = new double[z.Length];
        foreach ((int s, int h, int i) in Queried())
        {
            int end = Starts[s] + i + 1, first = First(end - 1);
            long map = MapRow(s, h, i);
            int query = (((rows.Offsets[s] + i) * Heads) + h) * Size;
            double most = double.NegativeInfinity, sum = 0;
            for (int k = first; k < end; k++)
            {
                double dot = 0;
                for (int d = 0; d < Size; d++)
                {
                    dot += (double)Queries[query + d] * Keys[s][KeyAt(k, h) + d];
                }

                dot *= Scale;
                scores[map + k] = Softcap == 0 ? dot : Softcap * Math.Tanh(dot / Softcap);
                most = Math.Max(most, scores[map + k]);
            }

            for (int k = first; k < end; k++)
            {
                sum += pattern[map + k] = Math.Exp(scores[map + k] - most);
            }

            for (int k = first; k < end; k++)
            {
                pattern[map + k] /= sum;
                for (int d = 0; d < Size; d++)
                {
                    double value = Values[s][KeyAt(k, h) + d];
                    z[query + d] += pattern[map + k] * value;
                    bounds[query + d] += Math.Max(unit * pattern[map + k], least / sum) * Math.Abs(value);
                }
            }

            for (int d = 0; d < Size; d++)
            {
                bounds[query + d] += 3e-6 + (1e-6 * Math.Abs(z[query + d]));
            }
        }

        return (scores, pattern, z, bounds);
    }

    /// <summary>Every row: sequence, head, token of the batch.</summary>
    public IEnumerable<(int Sequence, int Head, int Token)> Queried() =>
        from s in Enumerable.Range(0, Sequences)
        from h in Enumerable.Range(0, Heads)
        from i in Enumerable.Range(0, Lengths[s])
        select (s, h, i);

    /// <summary>First element of a row of the map.</summary>
    public long MapRow(int sequence, int head, int token) =>
        AttentionMap.Offset(Rows, Heads, sequence) + ((((long)head * Lengths[sequence]) + token) * (Starts[sequence] + Lengths[sequence]));

    /// <summary>First element of the key or value that a query head reads.</summary>
    public int KeyAt(int position, int queryHead) => ((position * KeyHeads) + (queryHead / (Heads / KeyHeads))) * Size;

    public override string ToString() =>
        $"{Heads}/{KeyHeads} heads of {Size}, starts {string.Join(' ', Starts)}, lengths {string.Join(' ', Lengths)}, cap {Softcap}, window {Window}, {Type}";

    private AttentionCase(AttentionCase shape, Texts texts)
        : this(shape) => _texts = new(texts);

    private sealed record Texts(float[] Q, float[][] K, float[][] V)
    {
        public (double[] Scores, double[] Pattern, double[] Z, double[] Bounds)? Expected { get; set; }

        public Texts(int heads, int keyHeads, int size, int[] starts, int[] lengths, ElementType type)
            : this([], [], [])
        {
            var random = new Random(Seed);
            float[] Draw(int count) =>
                TestWeights.Round([.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(6.2831853 * random.NextDouble())))], type);
            Q = Draw(lengths.Sum() * heads * size);
            K = [.. starts.Select((start, s) => Draw((start + lengths[s]) * keyHeads * size))];
            V = [.. starts.Select((start, s) => Draw((start + lengths[s]) * keyHeads * size))];
        }
    }
}
