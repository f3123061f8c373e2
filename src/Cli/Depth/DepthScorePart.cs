using Weir.Analysis.Depth;
using Weir.Cli.Reports;

namespace Weir.Cli.Depth;

/// <summary>Depth scores as a table.</summary>
internal static class DepthScorePart
{
    /// <summary>A row for each level and kind of effect.</summary>
    public static TablePart Of(DepthScores scores)
    {
        TablePart table = new TablePart("depth_score", "Depth score: mean layer of the effects")
        {
            Note = $"Layers count from 0; {scores.Split}. Max scores the largest effects of a level's n examples (the paper's number), mean their mean over examples of each one's largest; each with its 95 % interval, examples drawn again. Each alone: quartiles of the examples' own scores, a spread and no interval. A score that is flat in the level says that harder prompts use no deeper layers.",
            Figure = "depth score by difficulty",
        }.Number("level", "N0").Column("by", flexible: false).Number("n", "N0").Number("max", "F2").Number("low", "F2").Number("high", "F2")
            .Number("mean", "F2").Number("mean low", "F2").Number("mean high", "F2").Number("each alone from", "F2").Number("to", "F2");
        foreach ((int level, DepthScoreResult byLayers, DepthScoreResult byOutputs) in scores.Levels)
        {
            foreach ((string by, DepthScoreResult s) in ((string, DepthScoreResult)[])[("layers", byLayers), ("output", byOutputs)])
            {
                table.Row(level, by, s.Max.Count, s.Max.Mean, s.Max.Low, s.Max.High, s.Mean.Mean, s.Mean.Low, s.Mean.High, s.Spread(0.25), s.Spread(0.75));
            }
        }

        return table;
    }
}
