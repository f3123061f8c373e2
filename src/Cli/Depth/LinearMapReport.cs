using System.Text.Json;
using Weir.Analysis.Depth;
using Weir.Analysis.Statistics;
using Weir.Analysis;
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
        bool chosen = result.Ridges.Count > 1;
        TablePart table = new TablePart("best", $"Best {what} of the other model for each of this one")
        {
            Note = $"Error is the mean over held-out tokens of |h - f(h)| / |h|, constant that of the mean state, which a map must beat; R2 is 1 less the share of the squares about that mean that the map leaves. Intervals are over {result.Errors.Prompts} windows; the best target is picked by the same tokens.{(chosen ? $" Each map's ridge penalty was chosen on {Text.Grouped(result.ValidationTokens)} other tokens." : "")}",
        }.Number("from", "N0").Number("to", "N0").Number("error", "F4").Number("low", "F4").Number("high", "F4").Number("constant", "F3")
            .Number("R2", "F4").Number("R2 low", "F4", shown: "low").Number("R2 high", "F4", shown: "high")
            .Number("depth from", "F2", onScreen: false).Number("depth to", "F2", onScreen: false);
        if (chosen)
        {
            table.Number("ridge", "G2");
        }

        for (int m = 0; m < best.Length; m++)
        {
            int l = (int)best[m];
            Estimate error = result.Errors.RatioWithInterval(m, l), squared = result.RSquared(m, l);
            object?[] row = [
                m, l, error.Mean, error.Low, error.High, result.ConstantErrors.Ratio(l, 0),
                squared.Mean, squared.Low, squared.High, Share(m, rows.Length), Share(l, columns.Length)];
            table.Row(chosen ? [.. row, result.ChosenRidges[m, l]] : row);
        }

        return report.Add(table)
            .Add(new HeatMapPart("errors", "Error of the map from each to each", rows, columns, result.Errors.Map())
            {
                RowAxis = "from",
                ColumnAxis = "to",
                ValueAxis = "relative error",
                Figure = "linear maps between models",
            })
            .Add(new HeatMapPart("r_squared", "R2 of the map from each to each", rows, columns, Squared(result))
            {
                RowAxis = "from",
                ColumnAxis = "to",
                ValueAxis = "R2 on held-out tokens",
                High = 1,
            })
            .Tensor("errors", [rows.Length, columns.Length], DepthTensors.Flat(result.Errors.Map()))
            .Tensor("constant_errors", [columns.Length], DepthTensors.Flat(result.ConstantErrors.Map()))
            .Tensor("r_squared", [rows.Length, columns.Length], DepthTensors.Flat(Squared(result)));
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
        json.WriteNumber("validation_tokens", result.ValidationTokens);
        JsonNumbers.Write(json, "errors", result.Errors.Map());
        JsonNumbers.Write(json, "r_squared", Squared(result));
        JsonNumbers.Write(json, "constant_errors", Enumerable.Range(0, result.ConstantErrors.Rows).Select(l => result.ConstantErrors.Ratio(l, 0)));
        int[] best = result.BestTargets;
        JsonNumbers.Write(json, "best_targets", best.Select(l => (double)l));
        JsonNumbers.Write(json, "best_errors", (Estimate[])[.. best.Select((l, m) => result.Errors.RatioWithInterval(m, l))]);
        JsonNumbers.Write(json, "best_r_squared", (Estimate[])[.. best.Select((l, m) => result.RSquared(m, l))]);
        JsonNumbers.Write(json, "ridges", result.Ridges);
        JsonNumbers.Write(json, "chosen_ridges", result.ChosenRidges);
        JsonNumbers.Write(json, "validation_errors", result.ValidationErrors.Select(e => e.Map()));
    }

    private static double[,] Squared(LinearMapResult result) =>
        Maps.Of(result.Unexplained.Rows, result.Unexplained.Columns, (m, l) => 1 - result.Unexplained.Ratio(m, l));

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => Text.Of(i))];

    private static double Share(int at, int count) => count > 1 ? at / (count - 1.0) : 0;
}
