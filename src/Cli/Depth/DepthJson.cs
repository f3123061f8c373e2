using System.Text.Json;
using Weir.Analysis.Depth;
using Weir.Analysis.Statistics;
using Weir.Cli.Output;
using Weir.Cli.Reports;

namespace Weir.Cli.Depth;

/// <summary>
/// What was measured as JSON; layers count from 0, boundary l is the input of layer l. The interval of a number x is x_low and
/// x_high beside it, 95 %, by resampling of prompts.
/// </summary>
internal static class DepthJson
{
    /// <summary>Writes the results as properties.</summary>
    public static void Write(Utf8JsonWriter json, DepthFindings f)
    {
        JsonNumbers.Write(json, "measures", f.Measured);
        json.WriteStartObject("not_measurable");
        json.WriteString("ig", DepthFindings.NoGradients);
        json.WriteEndObject();
        json.WriteString("reduction", f.Reduction.Name);
        json.WriteNumber("first_layer", 0);
        WritePrompts(json, f);
        if (f.Profile is { } profile)
        {
            DepthProfileJson.Write(json, profile);
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
            WriteErasure(json, f, erasure);
        }

        if (f.Scores is { } scores)
        {
            WriteScores(json, scores);
        }
    }

    /// <summary>A name in snake case.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static void WritePrompts(Utf8JsonWriter json, DepthFindings f)
    {
        json.WriteStartArray("prompts");
        for (int p = 0; p < f.Prompts.Count; p++)
        {
            json.WriteStartObject();
            WritePrompt(json, f.Prompts[p]);
            if (f.Splits is { } splits)
            {
                RunRecord.WriteIds(json, "splits", splits[p]);
            }

            if (f.Scores?.Splits is { } scored)
            {
                RunRecord.WriteIds(json, "score_splits", scored[p]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePrompt(Utf8JsonWriter json, DepthPrompt prompt)
    {
        json.WriteString("text", prompt.Text);
        json.WriteString("answer", prompt.Answer);
        json.WriteNumber("level", prompt.Level);
        json.WriteNumber("answer_start", prompt.AnswerStart);
        RunRecord.WriteIds(json, "token_ids", prompt.Ids);
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
        foreach (DepthReduction reduction in DepthReduction.All)
        {
            if (table.Columns > 1)
            {
                JsonNumbers.Write(json, reduction.Name, reduction.Map(table));
            }
            else if (reduction.Name == "mean")
            {
                JsonNumbers.Write(json, reduction.Name, (Estimate[])[.. Enumerable.Range(0, table.Rows).Select(r => table.MeanWithInterval(r, 0))]);
            }
            else
            {
                JsonNumbers.Write(json, reduction.Name, reduction.Column(table));
            }
        }

        json.WriteEndObject();
    }

    private static void WriteErasure(Utf8JsonWriter json, DepthFindings f, IReadOnlyList<double[,]> erasure)
    {
        json.WriteStartObject("erasure");
        json.WriteString("with", f.ErasedWith);
        if (f.Counterfactual is { } other)
        {
            json.WriteStartObject("counterfactual");
            WritePrompt(json, other);
            json.WriteEndObject();
        }

        json.WriteString("maps_are", "[prompt][boundary 0 to L][token]; a token behind the last measured position has no column, so that of a prompt with its answer the last token has none");
        JsonNumbers.Write(json, "maps", erasure);
        json.WriteEndObject();
    }

    private static void WriteScores(Utf8JsonWriter json, DepthScores scores)
    {
        json.WriteStartObject("depth_score");
        json.WriteString("split", scores.Split);
        json.WriteStartArray("levels");
        foreach ((int level, DepthScoreResult byLayers, DepthScoreResult byOutputs) in scores.Levels)
        {
            json.WriteStartObject();
            json.WriteNumber("level", level);
            json.WriteNumber("examples", byLayers.Examples.Count);
            foreach ((string name, DepthScoreResult score) in ((string, DepthScoreResult)[])[("layers", byLayers), ("outputs", byOutputs)])
            {
                json.WriteStartObject(name);
                JsonNumbers.Write(json, "max", score.Max);
                JsonNumbers.Write(json, "mean", score.Mean);
                JsonNumbers.Write(json, "spread_of_examples", score.Examples);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
