using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class AttentionTests
{
    [Theory]
    [EveryDevice]
    public void IsTheFormula(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device))
        {
            using var t = new TestTensors(device);
            c.CheckZ(c.Run(t));
        }
    }

    [Theory]
    [EveryDevice]
    public void TapsSeeTheMapsAndChangeNothing(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device))
        {
            using var t = new TestTensors(device);
            using KeyValueStore store = c.Store(t);
            var shape = new Shape(c.Rows.Rows, c.Heads, c.Size);
            Tensor q = t.Input(c.Queries, shape, strided: true);
            Tensor z = t.Output(shape, strided: true);
            var map = new Shape((int)AttentionMap.Count(c.Rows, c.Heads));
            var taps = new AttentionTaps(t.Output(map), t.Output(map));
            t.Ops.Attention(q, store, c.Rows, c.Options, z, taps);

            (double[] scores, double[] pattern, _, _) = c.Expected();
            Oracle.Within(scores, t.Read(taps.Scores), 3e-6, 1e-6, $"scores of {c}");
            Oracle.Within(pattern, t.Read(taps.Pattern), 0, 1e-5, $"pattern of {c}");
            Oracle.SameBits(c.Run(t), t.Read(z), $"z of {c}, strided and tapped");
        }
    }

    [Theory]
    [EveryDevice]
    public void ARowsBitsAreItsOwn(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device))
        {
            using var t = new TestTensors(device);
            float[] whole = c.Run(t);
            int width = c.Heads * c.Size;
            for (int s = 0; s < c.Sequences; s++)
            {
                // From the first row, from one that falls elsewhere in its strip, and the last row as a decode step.
                foreach (int skip in new[] { 0, c.Lengths[s] / 3, c.Lengths[s] - 1 })
                {
                    if (skip >= 0 && skip < c.Lengths[s])
                    {
                        AttentionCase only = c.Only(s, c.Starts[s] + skip);
                        float[] alone = only.Run(t);
                        if (!Devices.RowsStandAlone(device))
                        {
                            only.CheckZ(alone, $"sequence {s} from row {skip}");
                            continue;
                        }

                        Oracle.SameBits(whole.AsSpan((c.Rows.Offsets[s] + skip) * width, alone.Length), alone, $"sequence {s} from row {skip} of {c}");
                    }
                }
            }

            foreach (string sibling in Devices.Siblings(device))
            {
                using var other = new TestTensors(sibling);
                Oracle.SameBits(whole, c.Run(other), $"{sibling}: {c}");
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void DecodingKeyByKeyIsPrefill(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device).Where(c => c.Lengths.Max() > 1))
        {
            using var t = new TestTensors(device);
            float[] whole = c.Run(t);
            using KeyValueStore store = c.Store(t, withBatch: false);
            int width = c.Heads * c.Size, steps = c.Lengths.Max();
            for (int i = 0; i < steps; i++)
            {
                // Sequences that have ended stay in the batch with no rows.
                int[] starts = [.. c.Starts.Select((start, s) => start + Math.Min(i, c.Lengths[s]))];
                int[] lengths = [.. c.Lengths.Select(n => i < n ? 1 : 0)];
                var rows = new PackedRows([0, .. lengths.Select((_, s) => lengths[..(s + 1)].Sum())], starts);
                c.Append(t, store, starts, lengths);
                if (i is > 1 and not 16 && i < steps - 2 && !starts.Any(start => start % 32 is 31 or 0))
                {
                    continue; // Tiles end elsewhere.
                }

                float[] q = [.. lengths.SelectMany((n, s) => c.Queries.AsSpan((c.Rows.Offsets[s] + i) * width * n, n * width).ToArray())];
                var shape = new Shape(rows.Rows, c.Heads, c.Size);
                Tensor z = t.Output(shape);
                t.Ops.Attention(t.Input(q, shape), store, rows, c.Options, z);
                float[] step = t.Read(z);
                if (!Devices.RowsStandAlone(device))
                {
                    CheckStep(c, i, rows, step);
                    continue;
                }

                for (int s = 0; s < c.Sequences; s++)
                {
                    if (lengths[s] == 1)
                    {
                        Oracle.SameBits(whole.AsSpan((c.Rows.Offsets[s] + i) * width, width), step.AsSpan(rows.Offsets[s] * width, width), $"step {i} of {c}");
                    }
                }
            }
        }
    }

    /// <summary>The rows of one step against the formula, where they have not the bits of prefill.</summary>
    private static void CheckStep(AttentionCase c, int step, PackedRows rows, float[] z)
    {
        int width = c.Heads * c.Size;
        (_, _, double[] expected, double[] bounds) = c.Expected();
        for (int s = 0; s < c.Sequences; s++)
        {
            if (rows.Length(s) == 1)
            {
                int row = (c.Rows.Offsets[s] + step) * width;
                Oracle.Within(expected.AsSpan(row, width), z.AsSpan(rows.Offsets[s] * width, width), bounds.AsSpan(row, width), $"step {step} of {c}");
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void ARecordedStepRunsForAnyPosition(string device)
    {
        ElementType type = Devices.Computes16Bits(device) ? ElementType.BF16 : ElementType.F32;
        foreach (AttentionCase c in new[] { new AttentionCase(4, 2, 64, [70, 0], [30, 30], Type: type), new AttentionCase(2, 1, 80, [60, 0], [70, 70], Window: 40, Type: type) })
        {
            using var t = new TestTensors(device);
            using KeyValueStore store = c.Store(t, withBatch: false);
            var rows = new PackedRows([0, 1, 2], [.. c.Starts]);
            int width = c.Heads * c.Size, keyWidth = c.KeyHeads * c.Size;
            Tensor q = t.InOut(new float[2 * width], new Shape(2, c.Heads, c.Size)), z = t.Output(q.Shape);
            Tensor k = t.InOut(new float[2 * keyWidth], new Shape(2, c.KeyHeads, c.Size)), v = t.InOut(new float[2 * keyWidth], k.Shape);
            void Step()
            {
                t.Ops.AppendKeyValues(k, v, rows, store);
                t.Ops.Attention(q, store, rows, c.Options, z);
            }

            Step(); // Memory that a step needs is there before it is recorded.
            using IRecording step = t.Device.Record(Step);
            float[] whole = c.Run(t);
            for (int i = 0; i < c.Lengths[0]; i++)
            {
                void Put(Tensor to, Func<int, float[]> of)
                {
                    float[] both = [.. of(0), .. of(1)];
                    t.Device.Write(to, MemoryMarshal.AsBytes(both.AsSpan()));
                }

                Put(q, s => c.Queries.AsSpan((c.Rows.Offsets[s] + i) * width, width).ToArray());
                Put(k, s => c.Keys[s].AsSpan((c.Starts[s] + i) * keyWidth, keyWidth).ToArray());
                Put(v, s => c.Values[s].AsSpan((c.Starts[s] + i) * keyWidth, keyWidth).ToArray());
                rows.Place(0, c.Starts[0] + i);
                rows.Place(1, c.Starts[1] + i);
                step.Run();
                float[] made = t.Read(z);
                if (!Devices.RowsStandAlone(device))
                {
                    CheckStep(c, i, rows, made);
                    continue;
                }

                for (int s = 0; s < 2; s++)
                {
                    Oracle.SameBits(whole.AsSpan((c.Rows.Offsets[s] + i) * width, width), made.AsSpan(s * width, width), $"step {i} of sequence {s}, {c}");
                }
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void KeepsQueriesKeysAndValuesInTheStoresType(string device)
    {
        foreach (ElementType type in new[] { ElementType.BF16, ElementType.F16 })
        {
            var exact = new AttentionCase(4, 2, 59, [0, 40], [70, 1]);
            using var t = new TestTensors(device);
            using KeyValueStore probe = t.Device.CreateKeyValueStore(1, 1, type);
            Assert.Equal(Devices.Computes16Bits(device) ? type : ElementType.F32, probe.Type);
            AttentionCase given = exact.Of(type).With(exact.Queries, exact.Keys, exact.Values);
            float[][] Kept(float[][] x) => [.. x.Select(y => TestWeights.Round(y, probe.Type))];
            AttentionCase kept = exact.Of(probe.Type).With(TestWeights.Round(exact.Queries, probe.Type), Kept(exact.Keys), Kept(exact.Values));
            kept.CheckZ(given.Run(t), $"{type} weights:");
        }
    }

    [Theory]
    [EveryDevice]
    public void ASeenValueThatIsNoNumberSpoilsItsElementAlone(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device).Where(c => c.Lengths.Max() > 1))
        {
            using var t = new TestTensors(device);
            float[] clean = c.Run(t);
            int sequence = Array.IndexOf(c.Lengths, c.Lengths.Max());
            int key = c.Starts[sequence] + (c.Lengths[sequence] / 3), element = c.Size / 2;
            foreach (float bad in new[] { float.PositiveInfinity, float.NegativeInfinity, float.NaN })
            {
                float[][] v = [.. c.Values.Select(x => (float[])x.Clone())];
                v[sequence][(((key * c.KeyHeads) + c.KeyHeads - 1) * c.Size) + element] = bad;
                float[] z = c.With(c.Queries, c.Keys, v).Run(t);
                foreach ((int s, int h, int i) in c.Queried())
                {
                    int at = (((c.Rows.Offsets[s] + i) * c.Heads) + h) * c.Size, position = c.Starts[s] + i;
                    if (s == sequence && h / (c.Heads / c.KeyHeads) == c.KeyHeads - 1 && key >= c.First(position) && key <= position)
                    {
                        Assert.True(float.IsNaN(bad) ? float.IsNaN(z[at + element]) : z[at + element] == bad, $"{z[at + element]} for {bad} in row {i} of head {h} of {c}");
                        z[at + element] = clean[at + element];
                    }
                }

                Oracle.SameBits(clean, z, $"{bad} in {c}");
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void KeysThatARowDoesNotSeeLeaveNoTrace(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device).Where(c => c.Lengths.Max() > 1))
        {
            using var t = new TestTensors(device);
            float[] clean = c.Run(t);
            int width = c.KeyHeads * c.Size;
            int sequence = Array.IndexOf(c.Lengths, c.Lengths.Max());
            foreach (int poisoned in new[] { c.Starts[sequence] + (c.Lengths[sequence] / 2), c.Starts[sequence] + c.Lengths[sequence] - 1, c.Starts[sequence] })
            {
                float[][] k = [.. c.Keys.Select(x => (float[])x.Clone())];
                float[][] v = [.. c.Values.Select(x => (float[])x.Clone())];
                k[sequence].AsSpan(poisoned * width, width).Fill(float.NaN);
                v[sequence].AsSpan(poisoned * width, width).Fill(float.PositiveInfinity);
                float[] z = c.With(c.Queries, k, v).Run(t);
                for (int s = 0; s < c.Sequences; s++)
                {
                    for (int i = 0; i < c.Lengths[s]; i++)
                    {
                        int row = (c.Rows.Offsets[s] + i) * c.Heads * c.Size;
                        int position = c.Starts[s] + i;
                        if (s == sequence && poisoned >= c.First(position) && poisoned <= position)
                        {
                            Assert.All(z.AsSpan(row, c.Heads * c.Size).ToArray(), x => Assert.Equal(float.NaN, x));
                        }
                        else
                        {
                            Oracle.SameBits(clean.AsSpan(row, c.Heads * c.Size), z.AsSpan(row, c.Heads * c.Size), $"row {i} of sequence {s}, key {poisoned} spoilt, {c}");
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void LongTextsGiveTheSameBitsOnAnyNumberOfThreads(string device)
    {
        // Enough work to be shared out, unlike the small cases.
        var c = new AttentionCase(6, 3, 64, [0, 500], [300, 1], Type: Devices.Computes16Bits(device) ? ElementType.BF16 : ElementType.F32);
        using var t = new TestTensors(device);
        float[] z = c.Run(t);
        c.CheckZ(z);
        Oracle.SameBits(z, c.Run(t), "the second time");
        foreach (string sibling in Devices.Siblings(device))
        {
            using var other = new TestTensors(sibling);
            Oracle.SameBits(z, c.Run(other), sibling);
        }
    }

    [Theory]
    [EveryDevice]
    public void AllocatesNothing(string device)
    {
        var c = new AttentionCase(4, 4, 64, [0, 50], [200, 1], Type: Devices.Computes16Bits(device) ? ElementType.BF16 : ElementType.F32);
        using var t = new TestTensors(device);
        using KeyValueStore store = c.Store(t);
        PackedRows rows = c.Rows;
        var shape = new Shape(rows.Rows, c.Heads, c.Size);
        Tensor q = t.Input(c.Queries, shape);
        Tensor z = t.Output(shape);
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            // The first calls allocate for the JIT.
            long before = GC.GetAllocatedBytesForCurrentThread();
            t.Ops.Attention(q, store, rows, c.Options, z);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Theory]
    [EveryDevice]
    public void RefusesOperandsThatDoNotFit(string device)
    {
        var c = new AttentionCase(4, 2, 8, [0], [3]);
        using var t = new TestTensors(device);
        using KeyValueStore store = c.Store(t);
        Tensor Made(params int[] shape) => t.Output(new Shape(shape));
        void Refused(Tensor q, Tensor z, PackedRows rows, AttentionTaps taps = default) =>
            Assert.Throws<ArgumentException>(() => t.Ops.Attention(q, store, rows, c.Options, z, taps));

        Refused(Made(3, 3, 8), Made(3, 3, 8), c.Rows); // 3 query heads on 2 key heads
        Refused(Made(3, 4, 9), Made(3, 4, 9), c.Rows);
        Refused(Made(2, 4, 8), Made(2, 4, 8), c.Rows);
        Refused(Made(3, 4, 8), Made(3, 2, 8), c.Rows);
        Refused(Made(3, 4, 8), Made(3, 4, 8), new PackedRows([0, 3], [1000])); // no room
        Refused(Made(3, 4, 8), Made(3, 4, 8), new PackedRows([0, 1, 3], [0, 0])); // two sequences
        Refused(Made(3, 4, 8), Made(3, 4, 8), c.Rows, new AttentionTaps(Made(35), default));
        Refused(Made(3, 4, 8), Made(3, 4, 8), c.Rows, new AttentionTaps(default, Made(37)));
    }
}
