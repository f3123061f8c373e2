using System.Text.Json;
using Weir.Analysis.Recall;
using Weir.Cli.Reports;

namespace Weir.Cli.Recall;

/// <summary>Path patching as JSON.</summary>
internal static class PatchJson
{
    /// <summary>Writes it as the property patch.</summary>
    public static void Write(Utf8JsonWriter json, RecallTask task, PathPatchingResult p, RecallOptions options, float threshold)
    {
        json.WriteStartObject("patch");
        json.WriteNumber("n", task.Prompts.Count);
        json.WriteNumber("n_finite", p.Clean.Count(double.IsFinite));
        json.WriteString("corruption", task.Corruption);
        json.WriteString("metric", options.Metric switch { RecallMetric.Answer => "iw", RecallMetric.Topic => "n", _ => "iw-n" });
        json.WriteString("receiver", $"{Receiver(options)}, last position");
        json.WriteBoolean("freeze_mlps", options.FreezeMlps);
        json.WriteBoolean("four_passes", options.TakesFourPasses);
        JsonNumbers.Write(json, "pi_clean_mean", p.CleanMean);
        Senders("heads", "attentions", "mlps", p.Score);
        Senders("head_changes", "attention_changes", "mlp_changes", p.Change);
        json.WriteStartArray("kept_at_threshold");
        foreach ((int l, int h, double score) in p.Kept(threshold))
        {
            json.WriteStartObject();
            json.WriteNumber("l", l);
            json.WriteNumber("h", h);
            JsonNumbers.Write(json, "score", score);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void Senders(string heads, string attentions, string mlps, Func<double[], double> value)
        {
            JsonNumbers.Write(json, heads, p.Heads.GetLength(0), p.Heads.GetLength(1), (l, h) => value(p.Heads[l, h]));
            JsonNumbers.Write(json, attentions, p.Attentions.Select(value));
            JsonNumbers.Write(json, mlps, p.Mlps.Select(value));
        }
    }

    /// <summary>What paths end in, in words.</summary>
    public static string Receiver(RecallOptions options) =>
        options.Receivers.Count > 0 ? string.Join(", ", options.Receivers.Select(r => r.Name)) : "the residual behind the last block";
}
