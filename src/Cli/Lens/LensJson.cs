using System.Text.Json;
using Weir.Analysis.Depth;
using Weir.Analysis.Lens;
using Weir.Analysis.Statistics;
using Weir.Cli.Output;
using Weir.Cli.Reports;
using Weir.Engine.Lens;

namespace Weir.Cli.Lens;

/// <summary>A reading as JSON; arrays are [layers][positions], and [k] or [targets] after that.</summary>
internal static class LensJson
{
    /// <summary>Writes the means over the prompts, and every prompt with its numbers.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="views">The prompts.</param>
    /// <param name="means">Their means.</param>
    /// <param name="modules">Means of what attention and MLP add, or null.</param>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<LensView> views, LensMeans means, LensMeans? modules)
    {
        int layers = views[0].Spec.Layers;
        json.WriteStartArray("layers");
        for (int s = 0; s < means.States; s++)
        {
            WriteMeans(json, LensView.StateName(s), LensView.SiteName(s), means, s);
        }

        json.WriteEndArray();
        if (modules is not null)
        {
            json.WriteStartObject("modules");
            for (int m = 0; m < LensModules.All.Count; m++)
            {
                json.WriteStartArray(LensModules.All[m].Name);
                for (int l = 0; l < layers; l++)
                {
                    WriteMeans(json, Rendering.Text.Of(l), LensModules.All[m].Site[l].Name, modules, LensModules.State(m, l, layers));
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        EffectiveDepth depth = means.Depth;
        json.WriteStartObject("effective_depth");
        foreach ((string name, int? layer) in (ReadOnlySpan<(string, int?)>)[("kl", depth.Divergence), ("top5_overlap", depth.Overlap)])
        {
            json.WritePropertyName(name);
            JsonNumbers.Write(json, layer ?? double.NaN);
            json.WritePropertyName($"{name}_ratio");
            JsonNumbers.Write(json, depth.Ratio(layer) ?? double.NaN);
        }

        json.WriteEndObject();
        json.WriteStartArray("prompts");
        foreach (LensView view in views)
        {
            json.WriteStartObject();
            WritePrompt(json, view);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMeans(Utf8JsonWriter json, string name, string site, LensMeans means, int state)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("site", site);
        foreach ((string measure, Estimate value) in (ReadOnlySpan<(string, Estimate)>)[("entropy", means.Entropy(state)), ("kl_to_last", means.Divergence(state)), ("top5_overlap", means.Overlap(state))])
        {
            json.WritePropertyName($"mean_{measure}");
            JsonNumbers.Write(json, value.Mean);
            json.WriteStartArray($"interval_{measure}");
            JsonNumbers.Write(json, value.Low);
            JsonNumbers.Write(json, value.High);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WritePrompt(Utf8JsonWriter json, LensView view)
    {
        LensResult r = view.Result;
        json.WriteString("prompt", view.Prompt);
        WriteTokens(json, view);
        json.WriteNumber("first_position", view.FirstPosition);
        json.WriteStartArray("layers");
        for (int s = 0; s < r.States; s++)
        {
            json.WriteStartObject();
            json.WriteString("name", LensView.StateName(s));
            json.WriteString("site", LensView.SiteName(s));
            JsonNumbers.Write(json, "mean_entropy", view.Mean(s, row => r.Entropy[row]));
            JsonNumbers.Write(json, "mean_kl_to_last", view.Mean(s, row => r.Divergence[row]));
            JsonNumbers.Write(json, "mean_top5_overlap", view.MeanOverlap(s));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteNumbers(json, r, 0, r.States);
        JsonNumbers.Write(json, "top5_overlap", r.States, r.Positions, (s, p) => (float)view.Overlap(s, p));
        WriteTop(json, r, 0, r.States, view.Top);
        if (view.Targets.Count > 0)
        {
            RunRecord.WriteIds(json, "targets", view.Targets);
            WriteCells(json, "target_log_probabilities", r, 0, r.States, view.Targets.Count, (line, row, t) => JsonNumbers.Write(line, r.TargetLogProbabilities[(row * r.TargetCount) + t]));
            WriteCells(json, "target_ranks", r, 0, r.States, view.Targets.Count, (line, row, t) => line.WriteNumberValue(r.TargetRanks[(row * r.TargetCount) + t]));
        }

        if (view.Modules is { } modules)
        {
            json.WriteStartObject("modules");
            for (int m = 0; m < LensModules.All.Count; m++)
            {
                json.WriteStartObject(LensModules.All[m].Name);
                int first = LensModules.State(m, 0, view.Spec.Layers);
                WriteNumbers(json, modules, first, view.Spec.Layers);
                WriteTop(json, modules, first, view.Spec.Layers, view.Top);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        WriteTexts(json, view);
    }

    private static void WriteNumbers(Utf8JsonWriter json, LensResult r, int first, int states)
    {
        JsonNumbers.Write(json, "entropy", states, r.Positions, (s, p) => r.Entropy[r.Row(first + s, p)]);
        JsonNumbers.Write(json, "kl_to_last", states, r.Positions, (s, p) => r.Divergence[r.Row(first + s, p)]);
    }

    private static void WriteTop(Utf8JsonWriter json, LensResult r, int first, int states, int count)
    {
        WriteCells(json, "top_ids", r, first, states, count, (line, row, k) => line.WriteNumberValue(r.TopIds[(row * r.TopK) + k]));
        WriteCells(json, "top_log_probabilities", r, first, states, count, (line, row, k) => JsonNumbers.Write(line, r.TopLogProbabilities[(row * r.TopK) + k]));
    }

    private static void WriteTokens(Utf8JsonWriter json, LensView view)
    {
        json.WriteStartArray("tokens");
        for (int i = 0; i < view.Ids.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("position", i);
            json.WriteNumber("id", view.Ids[i]);
            json.WriteString("text", view.Tokenizer?.TokenText(view.Ids[i]) ?? view.Token(view.Ids[i]));
            json.WriteString("piece", Rendering.TokenText.Piece(view.Tokenizer, view.Ids[i]));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCells(Utf8JsonWriter json, string name, LensResult r, int first, int states, int count, Action<Utf8JsonWriter, int, int> write) => RunRecord.WriteArray(json, name, line =>
    {
        for (int s = first; s < first + states; s++)
        {
            line.WriteStartArray();
            for (int p = 0; p < r.Positions; p++)
            {
                line.WriteStartArray();
                for (int k = 0; k < count; k++)
                {
                    write(line, r.Row(s, p), k);
                }

                line.WriteEndArray();
            }

            line.WriteEndArray();
        }
    });

    // Each id that occurs, once, with its text.
    private static void WriteTexts(Utf8JsonWriter json, LensView view)
    {
        var ids = new SortedSet<int>(view.Targets);
        ids.UnionWith(view.Ids);
        ids.UnionWith(view.Result.TopIds);
        ids.UnionWith(view.Modules?.TopIds ?? []);
        json.WriteStartObject("texts");
        foreach (int id in ids)
        {
            json.WriteString(Rendering.Text.Of(id), view.Tokenizer?.TokenText(id) ?? view.Token(id));
        }

        json.WriteEndObject();
    }
}
