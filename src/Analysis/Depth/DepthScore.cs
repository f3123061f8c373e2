namespace Weir.Analysis.Depth;

/// <summary>
/// How deep effects lie on average, d = sum_s s e_s / sum_s e_s with e_s the effect of leaving layer s out (Csordas et al.
/// 2025, arXiv 2505.13898). Layers count from 0, as in the paper's code; its text counts from 1.
/// </summary>
public static class DepthScore
{
    /// <summary>The score of effects e_s; NaN where all are 0.</summary>
    public static double Of(ReadOnlySpan<double> effects)
    {
        double weighted = 0, sum = 0;
        for (int s = 0; s < effects.Length; s++)
        {
            weighted += s * effects[s];
            sum += effects[s];
        }

        return sum > 0 ? weighted / sum : double.NaN;
    }

    /// <summary>e_s = sum over later layers l of E[s, l] / max(1, L - 1 - s).</summary>
    /// <param name="effects">E [skipped layer, later layer].</param>
    public static double[] LayerEffects(double[,] effects)
    {
        int layers = effects.GetLength(0);
        return [.. Enumerable.Range(0, layers).Select(s =>
            Enumerable.Range(s + 1, layers - 1 - s).Sum(l => effects[s, l]) / Math.Max(1, layers - 1 - s))];
    }

    /// <summary>The score of each example by effects on later layers, from its largest or its mean effects; NaN where it has none.</summary>
    public static double[] ByLayers(SampleTable effects, bool largest = true) =>
        [.. Enumerable.Range(0, effects.Prompts).Select(p => Of(LayerEffects(effects.Map((s, l) => largest ? effects.MaxOf(p, s, l) : effects.MeanOf(p, s, l)))))];

    /// <summary>The score of each example by effects on the output, e_s = O[s].</summary>
    public static double[] ByOutputs(SampleTable outputs, bool largest = true) =>
        [.. Enumerable.Range(0, outputs.Prompts).Select(p => Of([.. Enumerable.Range(0, outputs.Rows).Select(s => largest ? outputs.MaxOf(p, s, 0) : outputs.MeanOf(p, s, 0))]))];
}
