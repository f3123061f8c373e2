using System.Globalization;
using Weir.Analysis.Recall;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Recall;

/// <summary>MLPs explained by heads.</summary>
internal static class FitParts
{
    private const int Shown = 8;

    /// <summary>Adds them, where there are fits.</summary>
    public static void Add(Report report, Model model, RecallResult result, MlpRegressionOptions options)
    {
        if (result.Fits.Count > 0)
        {
            report.Add(Fits(model, result, options));
        }

        if (result.Chosen is { Fit.Gamma: { } gamma } chosen)
        {
            report.Add(Gammas(chosen, gamma)).Add(GammaBars(chosen, gamma));
        }
    }

    private static TablePart Fits(Model model, RecallResult result, MlpRegressionOptions options)
    {
        TablePart table = new TablePart("fits", "MLPs as weighted sums of heads and an intercept")
        {
            Note = string.Create(CultureInfo.InvariantCulture, $"heads of {options.Span} layers before and of the MLP's own; held out: a third of the items, {options.Folds} folds; ridge {options.Ridge}; intercept through the unembedding without a norm"),
        }.Column("MLP", flexible: false).Number("R2", "F3").Number("held out", "F3").Number("condition", "G3").Column("rank", flexible: false).Number("to answers", "F2").Number("their rank", "F0").Column("intercept says");
        for (int i = 0; i < result.Fits.Count; i++)
        {
            MlpRegressionResult fit = result.Fits[i];
            Intercept? intercept = result.Intercepts[i];
            string tokens = intercept is { } b ? string.Join("  ", b.Tokens.Take(5).Select(t => TokenText.Of(model, t)))
                : fit.Fit.Count == 0 ? "no answer: no prompt has finite values" : "no answer: regressors depend on one another; use --ridge";
            table.Row(
                $"MLP{fit.Layer}", fit.Fit.R2, fit.HeldOutR2, fit.Fit.Condition, $"{fit.Fit.Rank} of {fit.Fit.Regressors}",
                intercept?.AnswerProjection, intercept?.AnswerRank, tokens);
        }

        return table;
    }

    private static TablePart Gammas(MlpRegressionResult fit, double[] gamma)
    {
        TablePart table = new TablePart("gamma", $"How MLP{fit.Layer} weighs heads")
        {
            Note = "1 + gamma: weight of the head behind the MLP; 0: erased, above 1: amplified",
            MostOnScreen = Shown,
        }.Column("head", flexible: false).Number("gamma", "F3").Number("1 + gamma", "F3");
        foreach (int r in Enumerable.Range(0, gamma.Length).OrderByDescending(r => Math.Abs(gamma[r])))
        {
            table.Row(fit.Name(r), gamma[r], 1 + gamma[r]);
        }

        return table;
    }

    private static LinesPart GammaBars(MlpRegressionResult fit, double[] gamma) =>
        new LinesPart("gamma_bars", $"gamma of MLP{fit.Layer}", "regressor", "gamma", [.. gamma.Select((_, i) => (double)i)])
        {
            Bars = true,
            Labels = [.. gamma.Select((_, i) => fit.Name(i))],
        }.Line("gamma", gamma);
}
