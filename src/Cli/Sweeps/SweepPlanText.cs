using System.Globalization;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Sweeps;

namespace Weir.Cli.Sweeps;

/// <summary>A sweep's plan in a few lines.</summary>
internal static class SweepPlanText
{
    /// <summary>Prints it.</summary>
    public static void Write(Terminal terminal, Model model, SweepPlan plan, int prompts, int variants)
    {
        string rows = plan.RowsPerLayer.Length == 0 || plan.RowsPerLayer[0] == plan.RowsPerLayer[^1]
            ? Text.Grouped(plan.RowsPerLayer.DefaultIfEmpty(0).Max())
            : $"{Text.Grouped(plan.RowsPerLayer[0])} rising to {Text.Grouped(plan.RowsPerLayer[^1])}";
        double share = plan.NaiveFlops == 0 ? 0 : (double)plan.Flops / plan.NaiveFlops;
        terminal.Note($"{Text.Count(prompts, "prompt")} x {Text.Count(variants, "variant")} in {Text.Count(plan.Waves.Count, "wave")}, {rows} rows a layer");
        terminal.Note(string.Create(CultureInfo.InvariantCulture, $"{plan.Flops / 1e9:F2} GFLOP in the blocks, {share:P0} of a pass for each variant; activations {Text.Bytes(plan.PeakBytes)}"));
        terminal.Note(model.StreamsWeights
            ? $"weights {Text.Bytes(model.ResidentWeightBytes)} of {Text.Bytes(model.WeightBytes)} on the device, one block at a time, each read from the disk once a wave"
            : $"weights {Text.Bytes(model.WeightBytes)}, all on the device");
    }
}
