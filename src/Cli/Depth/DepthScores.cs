using Weir.Analysis.Depth;

namespace Weir.Cli.Depth;

/// <summary>Depth scores by level.</summary>
/// <param name="Split">Where prompts were split, in words.</param>
/// <param name="Splits">Splits of each prompt; null where layers were left out at all positions.</param>
/// <param name="Levels">Level, and the score of its examples by effects on later layers and on the output.</param>
internal sealed record DepthScores(string Split, IReadOnlyList<IReadOnlyList<int>>? Splits, IReadOnlyList<(int Level, DepthScoreResult ByLayers, DepthScoreResult ByOutputs)> Levels);
