using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>How a sweep will be run: its waves, and what they cost against one forward pass a variant.</summary>
public sealed class SweepPlan
{
    internal SweepPlan(ModelSpec spec, IReadOnlyList<int> lengths, IReadOnlyList<Variant> variants, IReadOnlyList<SweepWave> waves)
    {
        Waves = waves;
        int layers = spec.Layers;
        RowsPerLayer = new long[layers];
        foreach (SweepWave wave in waves)
        {
            long rows = wave.Prompts.Sum(p => (long)lengths[p]);
            int[] first = [.. wave.Variants.Select(v => variants[v].On(wave.Prompts).FirstBlock(spec))];
            for (int l = 0; l < layers; l++)
            {
                int live = 1 + first.Count(block => block <= l);
                RowsPerLayer[l] = Math.Max(RowsPerLayer[l], rows * live);
                Flops += live * wave.Prompts.Sum(p => BlockFlops(spec, lengths[p], l));
            }

            PeakBytes = Math.Max(PeakBytes, rows * (wave.Variants.Count + 1) * RowBytes(spec));
        }

        long Pass(int prompt) => Enumerable.Range(0, layers).Sum(l => BlockFlops(spec, lengths[prompt], l));
        NaiveFlops = waves.Sum(w => w.Variants.Sum(v => w.Prompts.Where(variants[v].ActsOn).Sum(Pass))) + waves.SelectMany(w => w.Prompts).Distinct().Sum(Pass);
    }

    /// <summary>The waves in the order in which they run.</summary>
    public IReadOnlyList<SweepWave> Waves { get; }

    /// <summary>Most rows that go through each layer at once.</summary>
    public long[] RowsPerLayer { get; }

    /// <summary>Operations of the blocks' products, a multiply-add as two.</summary>
    public long Flops { get; }

    /// <summary>The same for one forward pass a prompt and one a variant and prompt.</summary>
    public long NaiveFlops { get; }

    /// <summary>Bytes of activations that the largest wave holds, beside the weights.</summary>
    public long PeakBytes { get; }

    // A prompt's products and attention in one block.
    private static long BlockFlops(ModelSpec spec, int length, int layer)
    {
        AttentionSpec a = spec.Attention;
        long weights = ((long)spec.Width * (a.QueryWidth + (2 * a.KeyWidth))) + ((long)a.QueryWidth * spec.Width) + ((long)spec.Width * spec.Mlp.Width * (spec.Mlp.Gated ? 3 : 2));
        return (2 * weights * length) + (4 * a.QueryWidth * PackedRows.CausalPairs(length, a.Window(layer)));
    }

    /// <summary>Bytes that a row takes in the wave's four states and in a block's scratch, keys and values included.</summary>
    public static long RowBytes(ModelSpec spec) => sizeof(float) * (
        (6L * spec.Width) + (2 * spec.Attention.QueryWidth) + (4 * spec.Attention.KeyWidth) + (spec.Mlp.Width * (spec.Mlp.Gated ? 3L : 2L)));
}
