using Weir.Cli.Reports;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Cli.Lens;

/// <summary>
/// Readings as tensors: states and every number, [layers, positions, ...]. The positions of several prompts lie one after another;
/// those of prompt s are offsets[s] to offsets[s + 1] - 1.
/// </summary>
internal static class LensTensors
{
    /// <summary>Adds them to a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="views">The prompts.</param>
    /// <param name="states">The states of each prompt, [prompt][layer].</param>
    /// <param name="device">Where they are, until the report is saved.</param>
    public static void Add(Report report, IReadOnlyList<LensView> views, Tensor[][] states, IDevice device)
    {
        LensResult first = views[0].Result;
        long layers = first.States, positions = views.Sum(v => (long)v.Result.Positions);
        report.Tensor("residuals", [layers, positions, views[0].Spec.Width], stream =>
        {
            for (int l = 0; l < layers; l++)
            {
                foreach (Tensor[] prompt in states)
                {
                    byte[] bytes = new byte[prompt[l].Bytes];
                    device.Read(prompt[l], bytes);
                    stream.Write(bytes);
                }
            }
        });
        report.Tensor("token_ids", [views.Sum(v => (long)v.Ids.Count)], views.SelectMany(v => v.Ids).ToArray());
        report.Tensor("offsets", [views.Count + 1], (int[])[0, .. views.Select((_, s) => views.Take(s + 1).Sum(v => v.Result.Positions))]);
        report.Tensor("first_positions", [views.Count], (int[])[.. views.Select(v => v.FirstPosition)]);
        LensResult[] readings = [.. views.Select(v => v.Result)];
        Numbers(report, "", readings, 0, first.States);
        if (first.TargetCount > 0)
        {
            report.Tensor("target_ids", [first.TargetCount], views[0].Targets.ToArray());
            report.Tensor("target_log_probabilities", [layers, positions, first.TargetCount], Join(readings, r => r.TargetLogProbabilities, 0, first.States, first.TargetCount));
            report.Tensor("target_ranks", [layers, positions, first.TargetCount], Join(readings, r => r.TargetRanks, 0, first.States, first.TargetCount));
        }

        for (int m = 0; m < LensModules.All.Count && views[0].Modules is not null; m++)
        {
            Numbers(report, $"{LensModules.All[m].Name}.", [.. views.Select(v => v.Modules!)], LensModules.State(m, 0, views[0].Spec.Layers), views[0].Spec.Layers);
        }
    }

    private static void Numbers(Report report, string prefix, LensResult[] readings, int state, int states)
    {
        long positions = readings.Sum(r => (long)r.Positions);
        int k = readings[0].TopK;
        report.Tensor(prefix + "entropy", [states, positions], Join(readings, r => r.Entropy, state, states, 1));
        report.Tensor(prefix + "kl_to_last", [states, positions], Join(readings, r => r.Divergence, state, states, 1));
        report.Tensor(prefix + "log_sum_exp", [states, positions], Join(readings, r => r.LogSumExp, state, states, 1));
        report.Tensor(prefix + "top_ids", [states, positions, k], Join(readings, r => r.TopIds, state, states, k));
        report.Tensor(prefix + "top_log_probabilities", [states, positions, k], Join(readings, r => r.TopLogProbabilities, state, states, k));
    }

    // From [states, positions, width] of each prompt to that of all.
    private static T[] Join<T>(LensResult[] readings, Func<LensResult, T[]> values, int state, int states, int width) =>
        [.. Enumerable.Range(state, states).SelectMany(s => readings.SelectMany(r => values(r).Skip(r.Row(s, 0) * width).Take(r.Positions * width)))];
}
