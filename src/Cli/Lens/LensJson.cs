using System.Text.Json;
using Weir.Cli.Output;
using Weir.Engine.Lens;

namespace Weir.Cli.Lens;

/// <summary>A reading as JSON; arrays are [layers][positions], and [k] or [targets] after that.</summary>
internal static class LensJson
{
    /// <summary>Writes the prompt and the numbers.</summary>
    public static void Write(Utf8JsonWriter json, LensView view)
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
            json.WriteNumber("mean_entropy", view.Mean(s, row => r.Entropy[row]));
            json.WriteNumber("mean_kl_to_last", view.Mean(s, row => r.Divergence[row]));
            json.WriteNumber("mean_top5_overlap", view.MeanOverlap(s));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        RunRecord.WriteRows(json, "entropy", r.States, r.Positions, (s, p) => r.Entropy[r.Row(s, p)]);
        RunRecord.WriteRows(json, "kl_to_last", r.States, r.Positions, (s, p) => r.Divergence[r.Row(s, p)]);
        RunRecord.WriteRows(json, "top5_overlap", r.States, r.Positions, (s, p) => (float)view.Overlap(s, p));
        WriteCells(json, "top_ids", r, view.Top, (line, row, k) => line.WriteNumberValue(r.TopIds[(row * r.TopK) + k]));
        WriteCells(json, "top_log_probabilities", r, view.Top, (line, row, k) => RunRecord.WriteValue(line, r.TopLogProbabilities[(row * r.TopK) + k]));
        if (view.Targets.Count > 0)
        {
            RunRecord.WriteIds(json, "targets", view.Targets);
            WriteCells(json, "target_log_probabilities", r, view.Targets.Count, (line, row, t) => RunRecord.WriteValue(line, r.TargetLogProbabilities[(row * r.TargetCount) + t]));
            WriteCells(json, "target_ranks", r, view.Targets.Count, (line, row, t) => line.WriteNumberValue(r.TargetRanks[(row * r.TargetCount) + t]));
        }

        WriteTexts(json, view);
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

    private static void WriteCells(Utf8JsonWriter json, string name, LensResult r, int count, Action<Utf8JsonWriter, int, int> write) => RunRecord.WriteArray(json, name, line =>
    {
        for (int s = 0; s < r.States; s++)
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
        json.WriteStartObject("texts");
        foreach (int id in ids)
        {
            json.WriteString(Rendering.Text.Of(id), view.Tokenizer?.TokenText(id) ?? view.Token(id));
        }

        json.WriteEndObject();
    }
}
