using Weir.Analysis.Statistics;

namespace Weir.Cli.Depth;

/// <summary>Depth scores by level.</summary>
/// <param name="Split">Where prompts were split, in words.</param>
/// <param name="Levels">Level, and each of its examples' score by effects on later layers and on the output.</param>
internal sealed record DepthScores(string Split, IReadOnlyList<(int Level, double[] ByLayers, double[] ByOutputs)> Levels)
{
    /// <summary>Mean with its interval over examples; those without any effect are left out.</summary>
    public static Estimate Mean(double[] scores) => Bootstrap.Mean(scores);
}
