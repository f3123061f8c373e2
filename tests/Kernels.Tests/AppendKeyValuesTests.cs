using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>
/// A store's layout is its device's own; what it holds is read back through attention: a query that is a unit vector
/// scores each key's element, and a window of one key returns its value.
/// </summary>
public sealed class AppendKeyValuesTests
{
    [Theory]
    [EveryDevice]
    public void HoldsWhatWasAppended(string device)
    {
        foreach (AttentionCase c in AttentionCase.For(device))
        {
            using var t = new TestTensors(device);
            using KeyValueStore store = c.Store(t);
            Assert.Equal((c.KeyHeads, c.Size, c.Sequences), (store.Heads, store.HeadSize, store.Sequences));
            CheckContents(t, store, c);
        }
    }

    [Theory]
    [EveryDevice]
    public void PiecesOfAnyLengthAndStrideFillIt(string device)
    {
        var c = new AttentionCase(3, 3, 10, [0, 0, 0], [100, 41, 64]);
        using var t = new TestTensors(device);
        using KeyValueStore store = t.Device.CreateKeyValueStore(3, 10, ElementType.F32);
        int[] at = [0, 0, 0];
        for (int piece = 0; at.Zip(c.Lengths).Any(x => x.First < x.Second); piece++)
        {
            int[] lengths = [.. at.Select((a, s) => Math.Min(c.Lengths[s] - a, new[] { 1, 0, 33, 2, 7 }[(piece + s) % 5]))];
            store.Reserve(3, at.Zip(lengths, (a, n) => a + n).Max());
            c.Append(t, store, [.. at], lengths, strided: piece % 2 == 1);
            at = [.. at.Zip(lengths, (a, n) => a + n)];
        }

        t.CheckSentinels();
        CheckContents(t, store, c);
    }

    [Theory]
    [EveryDevice]
    public void GrowsInBothDirectionsAndGivesItsMemoryBack(string device)
    {
        var c = new AttentionCase(2, 2, 16, [0, 0, 0], [40, 90, 35]);
        using var t = new TestTensors(device);
        long before = t.Device.Counters.BytesAllocated;
        KeyValueStore store = t.Device.CreateKeyValueStore(2, 16, ElementType.F32);
        Assert.Equal((0, 0L), (store.Sequences, store.Bytes));
        store.Reserve(1, 3);
        long small = store.Bytes;
        c.Append(t, store, [0], [3]);
        store.Reserve(3, 50);
        c.Append(t, store, [3, 0, 0], [37, 50, 35]);
        store.Reserve(2, 90);
        c.Append(t, store, [40, 50, 35], [0, 40, 0]);
        Assert.Equal(3, store.Sequences);
        Assert.True(store.Bytes > small, "the store has not grown");
        long bytes = store.Bytes;
        store.Reserve(3, 60);
        Assert.Equal(bytes, store.Bytes);
        CheckContents(t, store, c);

        long held = t.Device.Counters.BytesAllocated;
        store.Dispose();
        store.Dispose();
        Assert.Equal(held - bytes, t.Device.Counters.BytesAllocated);
        Assert.True(before <= held - bytes, "the store gave back more than it took");
    }

    [Theory]
    [EveryDevice]
    public void RefusesWhatHasNoRoom(string device)
    {
        using var t = new TestTensors(device);
        using KeyValueStore store = t.Device.CreateKeyValueStore(2, 8, ElementType.F32);
        Tensor x = t.Output(new Shape(3, 2, 8));
        void Refused(Tensor k, Tensor v, PackedRows rows) => Assert.Throws<ArgumentException>(() => t.Ops.AppendKeyValues(k, v, rows, store));

        Refused(x, x, new PackedRows([0, 3], [0]));
        store.Reserve(1, 100);
        t.Ops.AppendKeyValues(t.Input(new float[48], x.Shape), t.Input(new float[48], x.Shape), new PackedRows([0, 3], [97]), store);
        Refused(x, x, new PackedRows([0, 3], [1000]));
        Refused(x, x, new PackedRows([0, 1, 3], [0, 0]));
        Refused(x, x, new PackedRows([0, 2], [0]));
        Refused(x, t.Output(new Shape(3, 1, 8)), new PackedRows([0, 3], [0]));
        Refused(t.Output(new Shape(3, 16)), x, new PackedRows([0, 3], [0]));
    }

    private static void CheckContents(TestTensors t, KeyValueStore store, AttentionCase c)
    {
        for (int s = 0; s < c.Sequences; s++)
        {
            // Heads of a row at the sequence's last position ask for one element each, so that all keys answer.
            int end = c.Starts[s] + c.Lengths[s];
            if (end == 0)
            {
                continue;
            }

            int[] starts = [.. c.Starts.Select((_, i) => i == s ? end - 1 : 0)];
            int[] offsets = [0, .. c.Starts.Select((_, i) => i >= s ? 1 : 0)];
            var last = new PackedRows(offsets, starts);
            int heads = c.KeyHeads * c.Size;
            float[] q = new float[heads * c.Size], keys = new float[heads * end];
            for (int h = 0; h < heads; h++)
            {
                int element = h % c.Size;
                q[(h * c.Size) + element] = 1;
                for (int k = 0; k < end; k++)
                {
                    keys[(h * end) + k] = c.Keys[s][(((k * c.KeyHeads) + (h / c.Size)) * c.Size) + element];
                }
            }

            Tensor scores = t.Output(new Shape(keys.Length));
            t.Ops.AttentionScores(t.Input(q, new Shape(1, heads, c.Size)), store, last, new AttentionOptions(1), scores);
            Oracle.SameBits(keys, t.Read(scores), $"keys of sequence {s}, {c}");

            var every = new PackedRows([0, .. c.Starts.Select((_, i) => i >= s ? end : 0)], new int[c.Sequences]);
            var shape = new Shape(end, c.KeyHeads, c.Size);
            Tensor z = t.Output(shape);
            t.Ops.Attention(t.Input(new float[shape.Count], shape), store, every, new AttentionOptions(1, Window: 1), z);
            Oracle.SameBits(c.Values[s].AsSpan(0, (int)shape.Count), t.Read(z), $"values of sequence {s}, {c}");
        }
    }
}
