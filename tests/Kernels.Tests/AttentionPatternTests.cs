using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class AttentionPatternTests
{
    [Theory]
    [EveryDevice]
    public void IsTheFormulaAndTheTapOfAttention(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device))
        {
            using var t = new TestTensors(device);
            using KeyValueStore store = c.Store(t);
            var shape = new Shape(c.Rows.Rows, c.Heads, c.Size);
            var map = new Shape((int)AttentionMap.Count(c.Rows, c.Heads));
            var taps = new AttentionTaps(t.Output(map), t.Output(map));
            t.Ops.Attention(t.Input(c.Queries, shape), store, c.Rows, c.Options, t.Output(shape), taps);

            Tensor pattern = t.Output(map);
            t.Ops.AttentionPattern(taps.Scores, c.Heads, c.Rows, c.Options.Window, pattern);
            Oracle.Within(c.Expected().Pattern, t.Read(pattern), 0, 1e-5, c.ToString());
            Oracle.SameBits(t.Read(taps.Pattern), t.Read(pattern), c.ToString());

            t.Ops.AttentionPattern(taps.Scores, c.Heads, c.Rows, c.Options.Window, taps.Scores);
            Oracle.SameBits(t.Read(pattern), t.Read(taps.Scores), $"in place: {c}");
        }
    }

    [Theory]
    [EveryDevice]
    public void KeysCutByTheCallerGetNothingAndARowWithoutKeysToo(string device)
    {
        using var t = new TestTensors(device);
        var rows = new PackedRows([0, 40], [3]);
        float[] given = t.Normal(2 * 40 * 43);
        for (int i = 0; i < 40; i++)
        {
            // Beyond the row's own key nothing is read: not even what is no number.
            given.AsSpan((i * 43) + i + 4, 39 - i).Fill(float.NaN);
            given.AsSpan(((40 + i) * 43) + i + 4, 39 - i).Fill(float.PositiveInfinity);
            given[(i * 43) + 2] = float.NegativeInfinity;
        }

        given.AsSpan(20 * 43, 24).Fill(float.NegativeInfinity);
        given[30 * 43] = BitConverter.Int32BitsToSingle(0x7fc00fff); // NaN with bits that an exponent could be taken from
        Tensor pattern = t.Output(new Shape(given.Length));
        t.Ops.AttentionPattern(t.Input(given), 2, rows, 0, pattern);
        float[] p = t.Read(pattern);
        for (int row = 0; row < 80; row++)
        {
            int seen = (row % 40) + 4;
            ReadOnlySpan<float> x = p.AsSpan(row * 43, 43);
            Assert.All(x[seen..].ToArray(), w => Assert.Equal(0, w));
            if (row == 30)
            {
                Assert.All(x[..seen].ToArray(), w => Assert.Equal(float.NaN, w));
                continue;
            }

            double sum = 0;
            foreach (float w in x)
            {
                sum += w;
            }

            Assert.Equal(row == 20 ? 0 : 1, sum, 1e-6);
            Assert.True(row >= 40 || x[2] == 0, $"a cut key has weight {x[2]}");
        }
    }

    [Theory]
    [EveryDevice]
    public void LargeScoresDoNotOverflow(string device)
    {
        using var t = new TestTensors(device);
        var rows = new PackedRows([0, 1], [2]);
        Tensor pattern = t.Output(new Shape(3));
        t.Ops.AttentionPattern(t.Input(3e38f, 3e38f, -3e38f), 1, rows, 0, pattern);
        Assert.Equal([0.5f, 0.5f, 0], t.Read(pattern));
    }
}
