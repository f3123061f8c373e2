using System.Runtime.InteropServices;
using Weir.Analysis.Depth;
using Weir.Cli.Reports;

namespace Weir.Cli.Depth;

/// <summary>What was measured as tensors.</summary>
internal static class DepthTensors
{
    /// <summary>Adds the tensors of a report, named as the JSON's fields.</summary>
    public static void Add(Report report, DepthFindings f)
    {
        foreach (DepthMeasure measure in f.Profile is null ? [] : Enum.GetValues<DepthMeasure>())
        {
            SampleTable table = f.Profile![measure];
            report.Tensor($"profile.{DepthJson.Name(measure)}.mean", [table.Rows], Array.ConvertAll(f.Profile.Means(measure), v => (float)v));
            report.Tensor($"profile.{DepthJson.Name(measure)}.max", [table.Rows], Flat(table.Map(table.Max)));
        }

        foreach ((SkippedPart part, SkipReach reach) in f.Effects?.Measured ?? [])
        {
            AddAll(report, $"effects.{DepthJson.Name(part)}.{DepthJson.Name(reach)}", f.Effects!.Of(part, reach));
            AddAll(report, $"output_effects.{DepthJson.Name(part)}.{DepthJson.Name(reach)}", f.Effects.OutputsOf(part, reach));
        }

        foreach (SkipReach reach in f.Local?.Measured ?? [])
        {
            AddAll(report, $"local_effects.{DepthJson.Name(reach)}", f.Local!.Of(reach));
        }

        for (int p = 0; p < (f.Erasure?.Count ?? 0); p++)
        {
            double[,] map = f.Erasure![p];
            report.Tensor($"erasure.{p}", [map.GetLength(0), map.GetLength(1)], Flat(map));
        }
    }

    /// <summary>A map's numbers row by row.</summary>
    public static float[] Flat(double[,] map) =>
        Array.ConvertAll(MemoryMarshal.CreateReadOnlySpan(ref map[0, 0], map.Length).ToArray(), v => (float)v);

    private static void AddAll(Report report, string name, SampleTable table)
    {
        foreach (DepthReduction reduction in DepthReduction.All)
        {
            report.Tensor($"{name}.{reduction.Name}", [table.Rows, table.Columns], Flat(reduction.Map(table)));
        }
    }
}
