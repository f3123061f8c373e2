namespace Weir.Analysis.Depth;

/// <summary>
/// Depth in one number, three ways; layers count from 0. Fragile: a curve with a bump gives a layer that says nothing, so read
/// each beside its curve.
/// </summary>
/// <param name="Layers">Number of layers L.</param>
/// <param name="Cosine">Last layer at which the mean of attention's, MLP's and layer's cosine goes from below 0 to 0 or above; null where it never does.</param>
/// <param name="Divergence">First layer whose input's lens KL is below half of the largest; null where none is.</param>
/// <param name="Overlap">First layer whose input's lens shares more than 0.3 of the top 5 with the output; null where none does.</param>
public sealed record EffectiveDepth(int Layers, int? Cosine, int? Divergence, int? Overlap)
{
    /// <summary>Reads the numbers off a profile.</summary>
    public static EffectiveDepth Of(DepthProfile profile)
    {
        double[] cosine = CosineCurve(profile), divergence = profile.Means(DepthMeasure.LensDivergence), overlap = profile.Means(DepthMeasure.LensOverlap);
        int layers = profile.Layers;
        return new EffectiveDepth(
            layers,
            Enumerable.Range(0, layers).Where(l => l > 0 && cosine[l - 1] < 0 && cosine[l] >= 0).Select(l => (int?)l).LastOrDefault(),
            OfDivergence(divergence.AsSpan(0, layers)),
            OfOverlap(overlap.AsSpan(0, layers)));
    }

    /// <summary><see cref="Divergence"/> of a curve over the layers' inputs, [L].</summary>
    public static int? OfDivergence(ReadOnlySpan<double> curve)
    {
        double[] values = curve.ToArray();
        double most = values.DefaultIfEmpty(0).Max();
        return First(values, kl => kl < 0.5 * most);
    }

    /// <summary><see cref="Overlap"/> of a curve over the layers' inputs, [L].</summary>
    public static int? OfOverlap(ReadOnlySpan<double> curve) => First(curve.ToArray(), overlap => overlap > 0.3);

    /// <summary>The curve of <see cref="Cosine"/>: [L].</summary>
    public static double[] CosineCurve(DepthProfile profile)
    {
        double[] a = profile.Means(DepthMeasure.AttentionCosine), m = profile.Means(DepthMeasure.MlpCosine), c = profile.Means(DepthMeasure.LayerCosine);
        return [.. a.Select((x, l) => (x + m[l] + c[l]) / 3)];
    }

    /// <summary>(l + 1) / L.</summary>
    public double? Ratio(int? layer) => (layer + 1.0) / Layers;

    private static int? First(double[] curve, Predicate<double> holds) => Array.FindIndex(curve, holds) is >= 0 and var layer ? layer : null;
}
