using System.Text.Json;
using Weir.Analysis.Depth;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Depth;

/// <summary>Maps between two models as tables, a page and JSON.</summary>
internal static class LinearMapReport
{
    /// <summary>Tells what was found.</summary>
    public static Report Of(Model a, Model b, LinearMapResult result, LinearMapOptions options)
    {
        string what = options.Contributions ? "contribution" : "residual";
        string[] rows = Names(result.Errors.Rows), columns = Names(result.Errors.Columns);
        double[] best = [.. result.BestTargets.Select(l => (double)l)];
        var report = new Report("Linear maps", $"{SpecText.Line(a.Location, a.Spec)} to {SpecText.Line(b.Location, b.Spec)}: fitted to {Text.Grouped(result.FittedTokens)} tokens, tested on {Text.Grouped(result.TestedTokens)}.")
        {
            Paper = DepthReport.Paper,
        };
        TablePart table = new TablePart("best", $"Best {what} of the other model for each of this one")
        {
            Note = $"Error is the mean over held-out tokens of |h - f(h)| / |h|, with its interval over {result.Errors.Prompts} windows; constant is that of the mean state, which a map must beat. Depth is the share of all boundaries.",
        }.Number("from", "N0").Number("to", "N0").Number("error", "F4").Number("low", "F4").Number("high", "F4").Number("constant", "F3").Number("depth from", "F2").Number("depth to", "F2");
        for (int m = 0; m < best.Length; m++)
        {
            int l = (int)best[m];
            Estimate error = Bootstrap.Mean(result.Errors.PromptMeans(m, l));
            table.Row(m, l, result.Errors.Mean(m, l), error.Low, error.High, result.ConstantErrors.Mean(l, 0), Share(m, rows.Length), Share(l, columns.Length));
        }

        return report.Add(table)
            .Add(new HeatMapPart("errors", "Error of the map from each to each", rows, columns, result.Errors.Map(result.Errors.Mean))
            {
                RowAxis = "from",
                ColumnAxis = "to",
                ValueAxis = "relative error",
                Figure = "linear maps between models",
            })
            .Tensor("errors", [rows.Length, columns.Length], DepthTensors.Flat(result.Errors.Map(result.Errors.Mean)))
            .Tensor("constant_errors", [columns.Length], DepthTensors.Flat(result.ConstantErrors.Map(result.ConstantErrors.Mean)));
    }

    /// <summary>Writes the results as properties.</summary>
    public static void WriteJson(Utf8JsonWriter json, Model b, LinearMapResult result)
    {
        json.WriteStartObject("target_model");
        json.WriteString("directory", Path.GetFullPath(b.Location));
        json.WriteString("hash", b.Hash);
        json.WriteEndObject();
        json.WriteNumber("fitted_tokens", result.FittedTokens);
        json.WriteNumber("tested_tokens", result.TestedTokens);
        DepthJson.WriteMap(json, "errors", result.Errors.Map(result.Errors.Mean));
        JsonNumbers.Write(json, "constant_errors", Enumerable.Range(0, result.ConstantErrors.Rows).Select(l => result.ConstantErrors.Mean(l, 0)));
        JsonNumbers.Write(json, "best_targets", result.BestTargets.Select(l => (double)l));
    }

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => Text.Of(i))];

    private static double Share(int at, int count) => count > 1 ? at / (count - 1.0) : 0;
}
