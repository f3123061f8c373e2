using Weir.Engine.Sweeps;

namespace Weir.Analysis.Depth;

/// <summary>Puts what each variant changes, position by position, into the tables of its part and reach.</summary>
internal sealed class SkipMetric(SkipVariant[] variants, IReadOnlyList<int> lengths, SkipOptions options, SkipEffects effects) : ISweepMetric
{
    /// <summary>Norms in the denominator are at least this.</summary>
    public const double SmallestNorm = 1e-6;

    private readonly Dictionary<int, double[]> _norms = [];

    public string Name => "skip";

    public void AfterBlock(SweepStage stage, SweepRecorder record)
    {
        _norms[stage.Layer] = stage.BaselineNorms(SweepPoint.Contribution);
        float[] statistics = stage.Compare(SweepPoint.Contribution);
        int rows = stage.Rows.Rows;
        ForEach(stage, (v, variant, sequence, prompt) =>
        {
            for (int row = stage.Rows.Offsets[sequence] + First(variant, prompt); row < stage.Rows.Offsets[sequence + 1]; row++)
            {
                int at = ((v * rows) + row) * 4;
                effects.Of(variant.Part, variant.Reach).Add(
                    prompt, variant.Source, stage.Layer, Math.Sqrt(statistics[at + 3]) / Math.Max(Math.Sqrt(statistics[at]), SmallestNorm));
            }
        });
    }

    public void AtOutput(SweepStage stage, SweepRecorder record)
    {
        ForEach(stage, (_, variant, sequence, prompt) =>
        {
            if (variant.Part == SkippedPart.Layer)
            {
                AddOwn(stage, variant, sequence, prompt);
            }
        });
        if (!options.Outputs)
        {
            return;
        }

        float[][] distances = stage.CompareDistributions((v, s) => Measured(variants[stage.Variants[v]], stage.Prompts[s]));
        int[] next = new int[distances.Length];
        ForEach(stage, (v, variant, sequence, prompt) =>
        {
            for (int p = First(variant, prompt); p < lengths[prompt]; p++)
            {
                effects.OutputsOf(variant.Part, variant.Reach).Add(prompt, variant.Source, 0, distances[v][(next[v]++ * 4) + 2]);
            }
        });
    }

    // A layer that is left out adds nothing where it is, and what it always adds elsewhere: no block has to run to know it.
    private void AddOwn(SweepStage stage, SkipVariant variant, int sequence, int prompt)
    {
        int end = options.FirstPosition + SkipVariant.Skipped(prompt, variant.Split, lengths, options);
        for (int p = First(variant, prompt); p < lengths[prompt]; p++)
        {
            double norm = _norms[variant.Source][stage.Rows.Offsets[sequence] + p];
            bool skipped = p >= options.FirstPosition && p < end;
            effects.Of(variant.Part, variant.Reach).Add(prompt, variant.Source, variant.Source, skipped ? norm / Math.Max(norm, SmallestNorm) : 0);
        }
    }

    private void ForEach(SweepStage stage, Action<int, SkipVariant, int, int> act)
    {
        for (int v = 0; v < stage.Variants.Count; v++)
        {
            SkipVariant variant = variants[stage.Variants[v]];
            for (int s = 0; s < stage.Rows.Sequences; s++)
            {
                if (Acts(variant, stage.Prompts[s]))
                {
                    act(v, variant, s, stage.Prompts[s]);
                }
            }
        }
    }

    private bool Acts(SkipVariant variant, int prompt) => SkipVariant.Skipped(prompt, variant.Split, lengths, options) > 0;

    private int First(SkipVariant variant, int prompt) => variant.Split < 0 ? 0 : options.Splits![prompt][variant.Split];

    private Range Measured(SkipVariant variant, int prompt) => Acts(variant, prompt) ? First(variant, prompt).. : ..0;
}
