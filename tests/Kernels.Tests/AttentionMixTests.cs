using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class AttentionMixTests
{
    [Theory]
    [EveryDevice]
    public void TheThreeStagesAreAttention(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device))
        {
            using var t = new TestTensors(device);
            using KeyValueStore store = c.Store(t);
            var shape = new Shape(c.Rows.Rows, c.Heads, c.Size);
            Tensor map = t.Output(new Shape((int)AttentionMap.Count(c.Rows, c.Heads)));
            Tensor z = t.Output(shape, strided: true);
            t.Ops.AttentionScores(t.Input(c.Queries, shape), store, c.Rows, c.Options, map);
            t.Ops.AttentionPattern(map, c.Heads, c.Rows, c.Options.Window, map);
            t.Ops.AttentionMix(map, store, c.Rows, c.Window, z);
            float[] staged = t.Read(z);
            Oracle.Within(c.Expected().Z, staged, 3e-6, 1e-6, c.ToString());
            if (store.Type == ElementType.F32)
            {
                Oracle.SameBits(c.Run(t), staged, c.ToString());
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void IsTheProductOfAnyWeightsAndTheValues(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device))
        {
            using var t = new TestTensors(device);
            using KeyValueStore store = c.Store(t);
            float[] pattern = t.Normal((int)AttentionMap.Count(c.Rows, c.Heads));
            var expected = new double[c.Rows.Rows * c.Heads * c.Size];
            foreach ((int s, int h, int i) in c.Queried())
            {
                int position = c.Starts[s] + i, z0 = (((c.Rows.Offsets[s] + i) * c.Heads) + h) * c.Size;
                Span<float> weights = pattern.AsSpan((int)c.MapRow(s, h, i), c.Starts[s] + c.Lengths[s]);
                float[] values = c.Values[s];
                for (int k = 0; k < weights.Length; k++)
                {
                    if (k < c.First(position) || k > position)
                    {
                        weights[k] = float.NaN; // Not looked at.
                        continue;
                    }

                    int value = c.KeyAt(k, h);
                    for (int d = 0; d < c.Size; d++)
                    {
                        expected[z0 + d] += (double)weights[k] * values[value + d];
                    }
                }
            }

            Tensor z = t.Output(new Shape(c.Rows.Rows, c.Heads, c.Size));
            t.Ops.AttentionMix(t.Input(pattern), store, c.Rows, c.Window, z);
            Oracle.Within(expected, t.Read(z), 1e-5, 1e-6, c.ToString());
        }
    }

    [Theory]
    [EveryDevice]
    public void AZeroFromUnderflowHasOneSign(string device)
    {
        // Row 0 sees one value, below 0, and its product vanishes; the keys that it does not see are above 0.
        using var t = new TestTensors(device);
        using KeyValueStore store = t.Device.CreateKeyValueStore(1, 8, ElementType.F32);
        store.Reserve(1, 3);
        float[] v = [.. Enumerable.Repeat(-1e-30f, 8), .. Enumerable.Repeat(1e-30f, 16)];
        var rows = new PackedRows([0, 3], [0]);
        Tensor values = t.Input(v, new Shape(3, 1, 8));
        t.Ops.AppendKeyValues(values, values, rows, store);
        Tensor together = t.Output(new Shape(3, 1, 8));
        t.Ops.AttentionMix(t.Input([.. Enumerable.Repeat(1e-30f, 9)], new Shape(9)), store, rows, 0, together);
        Tensor alone = t.Output(new Shape(1, 1, 8));
        t.Ops.AttentionMix(t.Input([1e-30f], new Shape(1)), store, new PackedRows([0, 1], [0]), 0, alone);
        Oracle.SameBits(t.Read(alone), t.Read(together).AsSpan(0, 8), "row 0");
    }
}
