using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

// Attention in f32 is its three stages, one after the other, over as many rows at a time as have room for their maps in
// scratch memory that the second-level cache holds. A row's bits are its own in every stage, so that it does not matter
// where a part ends or whose memory a map lies in: taps, parts and the stages called one by one agree to the bit.
internal sealed unsafe partial class CudaOps
{
    /// <summary>Query rows of a block of the first and third stage.</summary>
    private const int AttentionRows = 64;

    private const long MapBytes = 32 << 20;

    private void RunStages(Tensor q, CudaKeyValueStore store, PackedRows rows, BatchRows all, AttentionOptions options, Tensor z, in AttentionTaps taps)
    {
        int heads = q.Shape[1];
        var scores = new MapView { Data = Floats(taps.Scores.IsAbsent ? taps.Pattern : taps.Scores) };
        var pattern = new MapView { Data = Floats(taps.Pattern) };
        int count = rows.Rows;
        if (taps.Pattern.IsAbsent)
        {
            // The size depends on the store's room alone, so that a recorded step stays good for every position.
            long rowBytes = (long)heads * store.Capacity * sizeof(float);
            count = (int)Math.Clamp(MapBytes / rowBytes, 1, rows.Rows);
            count = count >= AttentionRows ? count / AttentionRows * AttentionRows : count;
            pattern = new MapView { Data = (float*)_scratch.Take(count * rowBytes), Stride = store.Capacity };
            scores = taps.Scores.IsAbsent ? pattern : scores;
        }

        for (int first = 0; first < rows.Rows; first += count)
        {
            BatchRows part = all;
            part.First = first;
            part.Count = Math.Min(count, rows.Rows - first);
            RunScores(q, store, rows, part, options, scores);
            RunPattern(heads, rows, part, options.Window, scores, pattern);
            RunMix(pattern, store, rows, part, options.Window, z);
        }
    }

    /// <summary>The maps that a caller wants, beside a z that was made without any.</summary>
    private void RunTaps(Tensor q, CudaKeyValueStore store, PackedRows rows, BatchRows all, AttentionOptions options, in AttentionTaps taps)
    {
        if (taps.Scores.IsAbsent && taps.Pattern.IsAbsent)
        {
            return;
        }

        var scores = new MapView { Data = Floats(taps.Scores.IsAbsent ? taps.Pattern : taps.Scores) };
        RunScores(q, store, rows, all, options, scores);
        if (!taps.Pattern.IsAbsent)
        {
            RunPattern(q.Shape[1], rows, all, options.Window, scores, new MapView { Data = Floats(taps.Pattern) });
        }
    }

    /// <summary>What the product with the keys, or with the values, must do for its share of a batch.</summary>
    private static KernelWork StageWork(CudaKeyValueStore store, PackedRows rows, BatchRows part, int window, int heads)
    {
        long pairs = heads * rows.Pairs(window) * part.Count / rows.Rows;
        long bytes = (sizeof(float) * (((long)part.Count * heads * store.HeadSize) + pairs)) + (BytesOf(store, rows) * part.Count / rows.Rows);
        return new KernelWork(bytes, 2 * store.HeadSize * pairs);
    }
}
