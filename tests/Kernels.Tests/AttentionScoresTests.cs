using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class AttentionScoresTests
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
            Tensor q = t.Input(c.Queries, shape, strided: true);
            Tensor scores = t.Output(map);
            t.Ops.AttentionScores(q, store, c.Rows, c.Options, scores);

            float[] actual = t.Read(scores);
            Oracle.Within(c.Expected().Scores, actual, 3e-6, 1e-6, c.ToString());
            Tensor tap = t.Output(map);
            t.Ops.Attention(q, store, c.Rows, c.Options, t.Output(shape), new AttentionTaps(tap, default));
            Oracle.SameBits(t.Read(tap), actual, c.ToString());
        }
    }

    [Theory]
    [EveryDevice]
    public void EveryKeyHasAFiniteScoreOrIsMasked(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device))
        {
            using var t = new TestTensors(device);
            using KeyValueStore store = c.Store(t);
            Tensor scores = t.Output(new Shape((int)AttentionMap.Count(c.Rows, c.Heads)));
            t.Ops.AttentionScores(t.Input(c.Queries, new Shape(c.Rows.Rows, c.Heads, c.Size)), store, c.Rows, c.Options, scores);
            float[] actual = t.Read(scores);
            foreach ((int s, int h, int i) in c.Queried())
            {
                int position = c.Starts[s] + i;
                for (int k = 0; k < c.Starts[s] + c.Lengths[s]; k++)
                {
                    float x = actual[c.MapRow(s, h, i) + k];
                    Assert.True(k >= c.First(position) && k <= position ? float.IsFinite(x) : float.IsNegativeInfinity(x), $"{x} for key {k} of row {i} of {c}");
                }
            }
        }
    }
}
