using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class SampleTests
{
    [Theory, EveryDevice]
    public void DrawsAreThoseOfAFullSort(string device)
    {
        using var t = new TestTensors(device);
        foreach (int vocabulary in new[] { 1, 2, 3, 17, 97, 5003 })
        {
            foreach ((float temperature, int topK, float topP) in new[] { (1f, 0, 1f), (0.7f, 0, 1f), (1.9f, 5, 1f), (1f, 0, 0.9f), (0.3f, 0, 0.5f), (3f, 41, 0.8f), (1f, 10_000, 0.99f), (1f, 3, 0f), (40f, 0, 1f), (0.01f, 0, 0.999f) })
            {
                float[] row = t.Normal(vocabulary, deviation: 4);
                SamplingOptions[] options = [.. Enumerable.Range(0, 67).Select(i => new SamplingOptions(temperature, topK, topP, (i + 0.37) / 67))];
                int[] expected = Array.ConvertAll(options, o => Expected(row, o));
                float[] rows = [.. Enumerable.Repeat(row, options.Length).SelectMany(r => r)];
                Assert.Equal(expected, Draw(t, rows, options, strided: true));
            }
        }
    }

    [Theory, EveryDevice]
    public void TemperatureZeroIsTheFirstOfTheLargest(string device)
    {
        using var t = new TestTensors(device);
        foreach (int vocabulary in new[] { 4, 19, 97, 1025 })
        {
            float[] row = t.Normal(vocabulary);
            row[vocabulary / 2] = 50;
            row[vocabulary - 1] = 50;
            row[0] = float.NaN;
            row[1] = float.NegativeInfinity;
            Assert.Equal([vocabulary / 2], Draw(t, row, [new SamplingOptions(0, 0, 1, 0.99)]));
            Assert.Equal([vocabulary / 2], Draw(t, row, [new SamplingOptions(1, 1, 1, 0.99)]));
        }

        Assert.Equal([1], Draw(t, [-1, -0f, 0f, -3], [new SamplingOptions(0, 0, 1, 0)]));
    }

    [Theory, EveryDevice]
    public void EqualLogitsGoByTheirIds(string device)
    {
        using var t = new TestTensors(device);
        float[] row = new float[100];
        row[7] = -0f;
        for (int i = 0; i < 100; i += 9)
        {
            Assert.Equal([i], Draw(t, row, [new SamplingOptions(1, 0, 1, (i + 0.5) / 100)]));
            Assert.Equal([i / 10], Draw(t, row, [new SamplingOptions(1, 10, 1, (i + 0.5) / 100)]));
            Assert.Equal([i / 4], Draw(t, row, [new SamplingOptions(1, 0, 0.245f, (i + 0.5) / 100)]));
        }
    }

    /// <summary>Draws from among thousands of tokens that are equal, nearly equal, or far below the top.</summary>
    [Theory, EveryDevice]
    public void DrawsFromDeepInTheRow(string device)
    {
        const int Vocabulary = 5003;
        using var t = new TestTensors(device);
        float[] equal = new float[Vocabulary], close = t.Normal(Vocabulary, deviation: 1e-4), far = t.Normal(Vocabulary, deviation: 0.5, mean: -12), tied = new float[Vocabulary];
        far[1234] = 0;
        Array.Fill(tied, -12.5f);
        tied[7] = 0;
        foreach (float[] row in (float[][])[equal, close, far, tied])
        {
            foreach ((int topK, float topP) in new[] { (0, 1f), (3000, 1f), (0, 0.99f), (4000, 0.995f) })
            {
                SamplingOptions[] options = [.. Enumerable.Range(0, 19).Select(i => new SamplingOptions(1, topK, topP, i < 15 ? (i + 0.37) / 19 : 1 - (0.003 / (i - 14))))];
                float[] rows = [.. Enumerable.Repeat(row, options.Length).SelectMany(r => r)];
                int[] drawn = Draw(t, rows, options);
                Assert.All(options, (o, i) => Assert.Contains(drawn[i], Expected(row, o, slack: 5e-7)));
            }
        }
    }

    [Theory, EveryDevice]
    public void WhatIsNotANumberIsNeverDrawn(string device)
    {
        using var t = new TestTensors(device);
        float[] row = [float.NaN, 1, float.NegativeInfinity, float.NaN, 2, float.NegativeInfinity];
        foreach (double u in new[] { 0, 0.3, 0.99999999 })
        {
            foreach (int topK in new[] { 0, 2, 5 })
            {
                Assert.Contains(Draw(t, row, [new SamplingOptions(1, topK, 1, u)])[0], new[] { 1, 4 });
            }
        }

        float[] nothing = [float.NaN, float.NegativeInfinity, float.NaN];
        Assert.Equal([-1], Draw(t, nothing, [new SamplingOptions(1, 0, 1, 0.5)]));
        Assert.Equal([-1], Draw(t, nothing, [new SamplingOptions(0, 0, 1, 0.5)]));
        Assert.Equal([1], Draw(t, [3, float.PositiveInfinity, 2], [new SamplingOptions(1, 0, 1, 0.9)]));
        Assert.Equal([1], Draw(t, [1e38f, 3e38f, -3e38f], [new SamplingOptions(0.001f, 0, 1, 0.999)]));
    }

    [Theory, EveryDevice]
    public void EachRowHasItsOwnOptionsAndStandsAlone(string device)
    {
        const int Rows = 23, Vocabulary = 5003;
        using var numbers = new TestTensors(device);
        float[] logits = numbers.Normal(Rows * Vocabulary, deviation: 2);
        SamplingOptions[] options = [.. Enumerable.Range(0, Rows).Select(i => new SamplingOptions(i % 4 * 0.5f, i % 3 * 20, i % 5 == 0 ? 1 : 0.9f, (i + 0.5) / Rows))];
        Oracle.RowsStandAlone(device, Rows, (t, start, count) =>
            Array.ConvertAll(Draw(t, Shapes.Rows(logits, Rows, start, count).ToArray(), options[start..(start + count)]), id => (float)id));
        Oracle.BadRowsStayAlone(device, Rows, logits, (t, values) => Array.ConvertAll(Draw(t, values, options), id => (float)id));
    }

    [Theory, EveryDevice]
    public void WrongOptionsAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor logits = t.Input(t.Normal(4), new Shape(1, 4));
        Tensor ids = t.Output(new Shape(1), type: ElementType.I32);
        foreach (SamplingOptions o in new[] { new SamplingOptions(-1, 0, 1, 0), new(float.NaN, 0, 1, 0), new(1, -1, 1, 0), new(1, 0, 1.5f, 0), new(1, 0, float.NaN, 0), new(1, 0, 1, 1), new(1, 0, 1, -0.1) })
        {
            Assert.ThrowsAny<ArgumentException>(() => t.Ops.Sample(logits, [o], ids));
        }

        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Sample(logits, [], ids));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Sample(logits, [default], t.Output(new Shape(2), type: ElementType.I32)));
        t.CheckSentinels();
    }

    private static int[] Draw(TestTensors t, float[] logits, SamplingOptions[] options, bool strided = false)
    {
        Tensor ids = t.Output(new Shape(options.Length), type: ElementType.I32);
        t.Ops.Sample(t.Input(logits, new Shape(options.Length, logits.Length / options.Length), strided), options, ids);
        return t.ReadInts(ids);
    }

    private static int Expected(float[] logits, SamplingOptions o) => Assert.Single(Expected(logits, o, slack: 0));

    // The token in whose part of the mass the number falls; and, with slack, its neighbour where the border between them is
    // nearer than the rounding of f32 exponentials, an ulp or two of the mass, can tell.
    private static int[] Expected(float[] logits, SamplingOptions o, double slack)
    {
        double top = logits.Max();
        (int Id, double P)[] ranked = [.. logits.Select((z, id) => (Id: id, P: Math.Exp((z - top) / o.Temperature))).OrderByDescending(x => logits[x.Id]).ThenBy(x => x.Id)];
        if (o.TopK > 0)
        {
            ranked = [.. ranked.Take(o.TopK)];
        }

        double mass = ranked.Sum(x => x.P);
        double before = 0;
        ranked = [.. ranked.TakeWhile((x, i) =>
        {
            bool keep = i == 0 || before < o.TopP * mass || o.TopP == 1;
            before += x.P;
            return keep;
        })];
        mass = ranked.Sum(x => x.P);
        double sum = 0;
        var ends = ranked.Select(x => (x.Id, End: sum += x.P)).ToArray();
        return [.. new[] { o.Uniform - slack, o.Uniform, o.Uniform + slack }.Select(u => ends.FirstOrDefault(e => e.End > u * mass, ends[^1]).Id).Distinct()];
    }
}
