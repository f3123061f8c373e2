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
        if (model.Spec.FinalSoftcap > 0)
        {
            json.WriteString("pi", "before softcap");
        }

        Baseline(json, "baseline", result.Baseline);
        if (result.WithoutBegin is { } bare)
        {
            Baseline(json, "baseline_without_begin", bare);
        }

        if (result.InContext is { } wrong)
        {
            Baseline(json, "baseline_in_context", wrong);
        }

        PatchJson.Write(json, task, result.Patching, options, threshold);
        Attribution(json, result.Attribution);
        Movers(json, result.Movers);
        json.WriteStartArray("mlpfit");
        for (int i = 0; i < result.Fits.Count; i++)
        {
            Fit(json, model, result.Fits[i], result.Intercepts[i]);
        }

        json.WriteEndArray();
        FinalJson.Write(json, result.Final);
    }

    private static void Baseline(Utf8JsonWriter json, string name, RecallBaseline b)
    {
        json.WriteStartObject(name);
        JsonNumbers.Write(json, "pi", b.Pi);
        JsonNumbers.Write(json, "p", b.Answers.Probabilities);
        JsonNumbers.Write(json, "rank", b.Answers.Ranks);
        JsonNumbers.Write(json, "top", b.Answers.Top.Select(t => t < 0 ? double.NaN : t));
        json.WriteEndObject();
    }

    private static void Attribution(Utf8JsonWriter json, DirectAttribution dla)
    {
        json.WriteStartObject("dla");
        json.WriteString("target", "pi(answer)");
        json.WriteNumber("n", dla.Values.Count(double.IsFinite));
        json.WriteStartArray("parts");
        foreach (AttributionPart part in dla.Parts)
        {
            json.WriteStartObject();
            json.WriteString("name", part.Name);
            JsonNumbers.Write(json, "value", part.Mean);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        JsonNumbers.Write(json, "sum", Bootstrap.Average(dla.Sums));
        JsonNumbers.Write(json, "logit", Bootstrap.Average(dla.Values));
        JsonNumbers.Write(json, "abs_error", dla.LargestError);
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
            JsonNumbers.Write(json, "r", m.Correlation);
            json.WriteNumber("n", m.Correlation.Count);
            json.WriteStartArray("points");
            for (int n = 0; n < m.Attention.Length; n++)
            {
                json.WriteStartObject();
                JsonNumbers.Write(json, "attn", m.Attention[n]);
                JsonNumbers.Write(json, "write", m.Write[n]);
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
            double gamma = fit.Fit.Gamma?[r] ?? double.NaN;
            json.WriteStartObject();
            json.WriteString("name", fit.Name(r));
            if (r < fit.Heads.Count)
            {
                json.WriteNumber("l", fit.Heads[r].Layer);
                json.WriteNumber("h", fit.Heads[r].Head);
            }

            JsonNumbers.Write(json, "gamma", gamma);
            JsonNumbers.Write(json, "gamma_plus_1", 1 + gamma);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        JsonNumbers.Write(json, "r2", fit.Fit.R2);
        JsonNumbers.Write(json, "r2_heldout", fit.HeldOutR2);
        JsonNumbers.Write(json, "cond", fit.Fit.Condition);
        json.WriteNumber("n", fit.Fit.Count);
        json.WriteNumber("rank", fit.Fit.Rank);
        JsonNumbers.Write(json, "ridge", fit.Ridge);
        if (intercept is not null)
        {
            json.WriteStartObject("intercept");
            json.WriteString("norm", "none");
            json.WriteStartArray("top");
            for (int i = 0; i < intercept.Tokens.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("token", TokenText.Of(model, intercept.Tokens[i]));
                JsonNumbers.Write(json, "s", intercept.Products[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            JsonNumbers.Write(json, "answer_projection", intercept.AnswerProjection);
            JsonNumbers.Write(json, "answer_rank", intercept.AnswerRank);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
