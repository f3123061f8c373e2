using System.Text.Json;
using Weir.Analysis.Depth;
using Weir.Cli.Reports;

namespace Weir.Cli.Depth;

/// <summary>Norms, cosines and lens by layer as JSON.</summary>
internal static class DepthProfileJson
{
    /// <summary>Writes the profile as properties.</summary>
    public static void Write(Utf8JsonWriter json, DepthProfile profile)
    {
        void Group(string name, params ReadOnlySpan<DepthMeasure> measures)
        {
            json.WriteStartObject(name);
            foreach (DepthMeasure measure in measures)
            {
                WriteCurve(json, DepthJson.Name(measure), profile, measure);
            }

            json.WriteEndObject();
        }

        Group("norms", DepthMeasure.AttentionRatio, DepthMeasure.MlpRatio, DepthMeasure.LayerRatio, DepthMeasure.ResidualNorm, DepthMeasure.AttentionNorm, DepthMeasure.MlpNorm);
        Group("cosines", DepthMeasure.AttentionCosine, DepthMeasure.MlpCosine, DepthMeasure.LayerCosine, DepthMeasure.ResidualCosine);
        WriteCurve(json, "lens_kl", profile, DepthMeasure.LensDivergence);
        WriteCurve(json, "lens_top5", profile, DepthMeasure.LensOverlap);
        EffectiveDepth depth = EffectiveDepth.Of(profile);
        json.WriteStartObject("effective_depth");
        foreach ((string name, int? layer) in ((string, int?)[])[("cosine", depth.Cosine), ("kl", depth.Divergence), ("overlap", depth.Overlap)])
        {
            json.WriteStartObject(name);
            JsonNumbers.Write(json, "layer", layer ?? double.NaN);
            JsonNumbers.Write(json, "ratio", depth.Ratio(layer) ?? double.NaN);
            json.WriteEndObject();
        }

        JsonNumbers.Write(json, "cosine_curve", EffectiveDepth.CosineCurve(profile));
        json.WriteEndObject();
    }

    private static void WriteCurve(Utf8JsonWriter json, string name, DepthProfile profile, DepthMeasure measure)
    {
        SampleTable table = profile[measure];
        json.WriteStartObject(name);
        JsonNumbers.Write(json, "mean", profile.MeansWithIntervals(measure));
        JsonNumbers.Write(json, "max", Enumerable.Range(0, table.Rows).Select(l => table.Max(l, 0)));
        json.WriteEndObject();
    }
}
