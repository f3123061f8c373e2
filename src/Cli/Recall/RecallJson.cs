using System.Text.Json;
using Weir.Analysis.Recall;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Recall;

/// <summary>The results of weir recall as JSON: baseline, patch, dla, mover, mlpfit, final.</summary>
internal static class RecallJson
{
    /// <summary>Writes them as properties.</summary>
    public static void Write(Utf8JsonWriter json, Model model, RecallTask task, RecallResult result, RecallOptions options, float threshold)
    {
        json.WriteString("task", task.Name);
        json.WriteString("items", task.Kept);
        Baseline(json, "baseline", result.Baseline);
        if (result.WithoutBegin is { } bare)
        {
            Baseline(json, "baseline_without_begin", bare);
        }

        if (result.InContext is { } wrong)
        {
            Baseline(json, "baseline_in_context", wrong);
        }

        Patch(json, task, result, options, threshold);
        Attribution(json, result.Attribution);
        Movers(json, result.Movers);
        json.WriteStartArray("mlpfit");
        for (int i = 0; i < result.Fits.Count; i++)
        {
            Fit(json, model, result.Fits[i], result.Intercepts[i]);
        }

        json.WriteEndArray();
        Final(json, result.Final);
    }

    private static void Baseline(Utf8JsonWriter json, string name, RecallBaseline b)
    {
        json.WriteStartObject(name);
        JsonNumbers.Write(json, "pi", b.Pi);
        JsonNumbers.Write(json, "p", b.Probabilities);
        JsonNumbers.Write(json, "rank", b.Ranks.Select(r => (double)r));
        JsonNumbers.Write(json, "top", b.Top.Select(t => (double)t));
        json.WriteEndObject();
    }

    private static void Patch(Utf8JsonWriter json, RecallTask task, RecallResult result, RecallOptions options, float threshold)
    {
        PathPatchingResult p = result.Patching;
        json.WriteStartObject("patch");
        json.WriteNumber("n", task.Prompts.Count);
        json.WriteString("corruption", task.Corruption);
        json.WriteString("metric", options.Metric switch { RecallMetric.Answer => "iw", RecallMetric.Topic => "n", _ => "iw-n" });
        json.WriteString("receiver", "residual behind the last block, last position");
        json.WriteBoolean("freeze_mlps", options.FreezeMlps);
        json.WriteBoolean("oracle", options.Oracle);
        Number(json, "pi_clean_mean", p.CleanMean);
        Heads("heads", p.Score);
        JsonNumbers.Write(json, "attentions", p.Attentions.Select(p.Score));
        JsonNumbers.Write(json, "mlps", p.Mlps.Select(p.Score));
        Heads("head_changes", p.Change);
        JsonNumbers.Write(json, "attention_changes", p.Attentions.Select(p.Change));
        JsonNumbers.Write(json, "mlp_changes", p.Mlps.Select(p.Change));
        json.WriteStartArray("kept_at_threshold");
        foreach ((int l, int h, double score) in p.Kept(threshold))
        {
            json.WriteStartObject();
            json.WriteNumber("l", l);
            json.WriteNumber("h", h);
            Number(json, "score", score);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void Heads(string name, Func<double[], double> value)
        {
            json.WriteStartArray(name);
            for (int l = 0; l < p.Heads.GetLength(0); l++)
            {
                int layer = l;
                Values(json, Enumerable.Range(0, p.Heads.GetLength(1)).Select(h => value(p.Heads[layer, h])));
            }

            json.WriteEndArray();
        }
    }

    private static void Attribution(Utf8JsonWriter json, DirectAttribution dla)
    {
        json.WriteStartObject("dla");
        json.WriteString("target", "pi(answer)");
        json.WriteStartArray("parts");
        foreach (AttributionPart part in dla.Parts)
        {
            json.WriteStartObject();
            json.WriteString("name", part.Name);
            Number(json, "value", part.Values.Average());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Number(json, "sum", dla.Sums.Average());
        Number(json, "logit", dla.Values.Average());
        Number(json, "abs_error", dla.Sums.Zip(dla.Values, (s, v) => Math.Abs(s - v)).Max());
        json.WriteEndObject();
    }

    private static void Movers(Utf8JsonWriter json, IReadOnlyList<MoverHead> movers)
    {
        json.WriteStartArray("mover");
        foreach (MoverHead m in movers)
        {
            json.WriteStartObject();
            json.WriteNumber("l", m.Layer);
            json.WriteNumber("h", m.Head);
            Interval(json, "r", m.Correlation);
            json.WriteNumber("n", m.Correlation.Count);
            json.WriteStartArray("points");
            for (int n = 0; n < m.Attention.Length; n++)
            {
                json.WriteStartObject();
                Number(json, "attn", m.Attention[n]);
                Number(json, "write", m.Write[n]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Fit(Utf8JsonWriter json, Model model, MlpRegressionResult fit, Intercept? intercept)
    {
        json.WriteStartObject();
        json.WriteNumber("l", fit.Layer);
        json.WriteStartArray("regressors");
        for (int r = 0; r <= fit.Heads.Count; r++)
        {
            json.WriteStartObject();
            json.WriteString("name", fit.Name(r));
            if (r < fit.Heads.Count)
            {
                json.WriteNumber("l", fit.Heads[r].Layer);
                json.WriteNumber("h", fit.Heads[r].Head);
            }

            Number(json, "gamma", fit.Fit.Gamma?[r] ?? double.NaN);
            Number(json, "gamma_plus_1", 1 + (fit.Fit.Gamma?[r] ?? double.NaN));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Number(json, "r2", fit.Fit.R2);
        Number(json, "r2_heldout", fit.HeldOutR2);
        Number(json, "cond", fit.Fit.Condition);
        json.WriteNumber("rank", fit.Fit.Rank);
        Number(json, "ridge", fit.Ridge);
        if (intercept is not null)
        {
            json.WriteStartObject("intercept");
            json.WriteString("norm", "none");
            json.WriteStartArray("top");
            for (int i = 0; i < intercept.Tokens.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("token", TokenText.Of(model.Tokenizer, intercept.Tokens[i]));
                Number(json, "s", intercept.Products[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Number(json, "answer_projection", intercept.AnswerProjection);
            Number(json, "answer_rank", intercept.AnswerRank);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Final(Utf8JsonWriter json, FinalLayerResult f)
    {
        json.WriteStartObject("final");
        Block("delta_pi_correct", f.AnswerHeads, f.AnswerMlp, f.Answer);
        Block("delta_pi_top1", f.TopHeads, f.TopMlp, f.Top);
        json.WriteBoolean("suppresses", f.IsSuppressing);
        json.WriteStartArray("mitigations");
        foreach (MitigationRow row in f.Rows)
        {
            json.WriteStartObject();
            json.WriteString("id", RecallReport.Name(row.Mitigation));
            json.WriteNumber("lambda", row.Lambda);
            Interval(json, "p", row.Probability);
            Number(json, "rank", row.Rank);
            Interval(json, "acc", row.Accuracy);
            Interval(json, "kl_nats", row.Cost);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void Block(string name, IReadOnlyList<Estimate> heads, Estimate mlp, Estimate all)
        {
            json.WriteStartObject(name);
            JsonNumbers.Write(json, "heads", heads.Select(h => h.Mean));
            Interval(json, "mlp", mlp);
            Interval(json, "sum", all);
            json.WriteEndObject();
        }
    }

    // A mean under its name, and its interval beside it.
    private static void Interval(Utf8JsonWriter json, string name, Estimate e)
    {
        Number(json, name, e.Mean);
        JsonNumbers.Write(json, $"{name}_95", [e.Low, e.High]);
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        JsonNumbers.Write(json, value);
    }

    private static void Values(Utf8JsonWriter json, IEnumerable<double> values)
    {
        json.WriteStartArray();
        foreach (double value in values)
        {
            JsonNumbers.Write(json, value);
        }

        json.WriteEndArray();
    }
}
