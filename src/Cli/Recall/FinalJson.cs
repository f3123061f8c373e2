using System.Text.Json;
using Weir.Analysis.Recall;
using Weir.Analysis.Statistics;
using Weir.Cli.Reports;

namespace Weir.Cli.Recall;

/// <summary>The last block and its mitigations as JSON.</summary>
internal static class FinalJson
{
    /// <summary>Writes them as the property final.</summary>
    public static void Write(Utf8JsonWriter json, FinalLayerResult f)
    {
        json.WriteStartObject("final");
        Block("delta_pi_correct", f.AnswerHeads, f.AnswerMlp, f.Answer);
        Block("delta_pi_top1", f.TopHeads, f.TopMlp, f.Top);
        json.WriteBoolean("suppresses", f.IsSuppressing);
        json.WriteStartArray("folds");
        foreach (FinalFold fold in f.Folds)
        {
            json.WriteStartObject();
            JsonNumbers.Write(json, "held_out_items", fold.HeldOut.Select(i => (double)i));
            JsonNumbers.Write(json, "heads", fold.Heads.Select(h => (double)h));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("mitigations");
        foreach (MitigationRow row in f.Rows)
        {
            json.WriteStartObject();
            json.WriteString("id", Name(row.Mitigation));
            json.WriteNumber("lambda", row.Lambda);
            json.WriteNumber("n", row.Probability.Count);
            json.WriteString("scored_on", f.Folds.Count > 0 ? "held-out items" : "all items");
            JsonNumbers.Write(json, "p", row.Probability);
            JsonNumbers.Write(json, "p_gain", row.Gain);
            JsonNumbers.Write(json, "rank", row.Rank);
            JsonNumbers.Write(json, "acc", row.Accuracy);
            JsonNumbers.Write(json, "kl_nats", row.Cost);
            json.WriteNumber("kl_texts", row.Cost.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void Block(string name, IReadOnlyList<Estimate> heads, Estimate mlp, Estimate all)
        {
            json.WriteStartObject(name);
            json.WriteNumber("n", all.Count);
            JsonNumbers.Write(json, "heads", heads);
            JsonNumbers.Write(json, "mlp", mlp);
            JsonNumbers.Write(json, "sum", all);
            json.WriteEndObject();
        }
    }

    /// <summary>A mitigation's name in results.</summary>
    public static string Name(Mitigation? mitigation) => mitigation switch
    {
        Mitigation.Heads => "heads",
        Mitigation.Mlp => "mlp",
        Mitigation.Regression => "regress",
        Mitigation.Unigram => "unigram",
        _ => "none",
    };
}
