using System.Text.Json;
using Weir.Analysis.Depth;
using Weir.Analysis.Statistics;
using Weir.Cli.Output;
using Weir.Cli.Reports;

namespace Weir.Cli.Depth;

/// <summary>What was measured as JSON; layers count from 0, boundary l is the input of layer l.</summary>
internal static class DepthJson
{
    /// <summary>Writes the results as properties.</summary>
    public static void Write(Utf8JsonWriter json, DepthFindings f)
    {
        json.WriteString("reduction", f.Reduction.Name);
        json.WriteNumber("first_layer", 0);
        WritePrompts(json, f);
        if (f.Profile is { } profile)
        {
            WriteProfile(json, profile);
        }

        if (f.Effects is { } effects)
        {
            WriteEffects(json, "effects", effects, effects.Of);
            WriteEffects(json, "output_effects", effects, effects.OutputsOf);
        }

        if (f.Local is { } local)
        {
            json.WriteStartObject("local_effects");
            foreach (SkipReach reach in local.Measured)
            {
                WriteTable(json, Name(reach), local.Of(reach));
            }

            json.WriteEndObject();
        }

        if (f.Erasure is { } erasure)
        {
            json.WriteStartObject("erasure");
            json.WriteString("with", f.ErasedWith);
            json.WriteStartArray("maps");
            foreach (double[,] map in erasure)
            {
                WriteRows(json, map);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (f.Scores is { } scores)
        {
            WriteScores(json, scores);
        }
    }

    /// <summary>A name in snake case.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>Writes a map as a property.</summary>
    public static void WriteMap(Utf8JsonWriter json, string name, double[,] map)
    {
        json.WritePropertyName(name);
        WriteRows(json, map);
    }

    private static void WritePrompts(Utf8JsonWriter json, DepthFindings f)
    {
        json.WriteStartArray("prompts");
        for (int p = 0; p < f.Prompts.Count; p++)
        {
            DepthPrompt prompt = f.Prompts[p];
            json.WriteStartObject();
            json.WriteString("text", prompt.Text);
            json.WriteString("answer", prompt.Answer);
            json.WriteNumber("level", prompt.Level);
            json.WriteNumber("answer_start", prompt.AnswerStart);
            RunRecord.WriteIds(json, "token_ids", prompt.Ids);
            if (f.Splits is { } splits)
            {
                RunRecord.WriteIds(json, "splits", splits[p]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteProfile(Utf8JsonWriter json, DepthProfile profile)
    {
        void Group(string name, params ReadOnlySpan<DepthMeasure> measures)
        {
            json.WriteStartObject(name);
            foreach (DepthMeasure measure in measures)
            {
                WriteCurve(json, Name(measure), profile, measure);
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
            json.WritePropertyName("layer");
            JsonNumbers.Write(json, layer ?? double.NaN);
            json.WritePropertyName("ratio");
            JsonNumbers.Write(json, depth.Ratio(layer) ?? double.NaN);
            json.WriteEndObject();
        }

        JsonNumbers.Write(json, "cosine_curve", EffectiveDepth.CosineCurve(profile));
        json.WriteEndObject();
    }

    private static void WriteCurve(Utf8JsonWriter json, string name, DepthProfile profile, DepthMeasure measure)
    {
        SampleTable table = profile[measure];
        Estimate[] means = [.. Enumerable.Range(0, table.Rows).Select(l => Bootstrap.Mean(table.PromptMeans(l, 0)))];
        json.WriteStartObject(name);
        JsonNumbers.Write(json, "mean", profile.Means(measure));
        JsonNumbers.Write(json, "max", Enumerable.Range(0, table.Rows).Select(l => table.Max(l, 0)));
        JsonNumbers.Write(json, "low", means.Select(m => m.Low));
        JsonNumbers.Write(json, "high", means.Select(m => m.High));
        json.WriteEndObject();
    }

    private static void WriteEffects(Utf8JsonWriter json, string name, SkipEffects effects, Func<SkippedPart, SkipReach, SampleTable> of)
    {
        json.WriteStartObject(name);
        foreach (IGrouping<SkippedPart, SkipReach> part in effects.Measured.GroupBy(m => m.Part, m => m.Reach))
        {
            json.WriteStartObject(Name(part.Key));
            foreach (SkipReach reach in part)
            {
                WriteTable(json, Name(reach), of(part.Key, reach));
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteTable(Utf8JsonWriter json, string name, SampleTable table)
    {
        json.WriteStartObject(name);
        json.WriteNumber("prompts", Enumerable.Range(0, table.Prompts).Count(table.Has));
        json.WriteNumber("samples", table.Count(0, table.Columns - 1));
        if (table.Columns == 1)
        {
            Estimate[] means = [.. Enumerable.Range(0, table.Rows).Select(r => Bootstrap.Mean(table.PromptMeans(r, 0)))];
            JsonNumbers.Write(json, "low", means.Select(m => m.Low));
            JsonNumbers.Write(json, "high", means.Select(m => m.High));
        }

        foreach (DepthReduction reduction in DepthReduction.All)
        {
            if (table.Columns > 1)
            {
                WriteMap(json, reduction.Name, reduction.Map(table));
            }
            else
            {
                JsonNumbers.Write(json, reduction.Name, reduction.Column(table));
            }
        }

        json.WriteEndObject();
    }

    private static void WriteScores(Utf8JsonWriter json, DepthScores scores)
    {
        json.WriteStartObject("depth_score");
        json.WriteString("split", scores.Split);
        json.WriteStartArray("levels");
        foreach ((int level, double[] byLayers, double[] byOutputs) in scores.Levels)
        {
            json.WriteStartObject();
            json.WriteNumber("level", level);
            foreach ((string name, double[] values) in ((string, double[])[])[("layers", byLayers), ("outputs", byOutputs)])
            {
                Estimate mean = DepthScores.Mean(values);
                json.WriteStartObject(name);
                JsonNumbers.Write(json, "examples", values);
                JsonNumbers.Write(json, "mean_low_high", [mean.Mean, mean.Low, mean.High]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRows(Utf8JsonWriter json, double[,] map)
    {
        json.WriteStartArray();
        for (int r = 0; r < map.GetLength(0); r++)
        {
            json.WriteStartArray();
            for (int c = 0; c < map.GetLength(1); c++)
            {
                JsonNumbers.Write(json, map[r, c]);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }
}
