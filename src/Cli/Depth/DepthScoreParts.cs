using Weir.Analysis.Depth;
using Weir.Analysis.Statistics;
using Weir.Cli.Reports;

namespace Weir.Cli.Depth;

/// <summary>Depth scores as a table and, of several levels, a plot.</summary>
internal static class DepthScoreParts
{
    /// <summary>Adds them.</summary>
    public static void Add(Report report, DepthScores scores)
    {
        report.Add(Table(scores));
        if (scores.Levels.Count > 1)
        {
            report.Add(Plot(scores));
        }
    }

    private static TablePart Table(DepthScores scores)
    {
        TablePart table = new TablePart("depth_score", "Depth score: mean layer of the effects")
        {
            Note = $"Layers count from 0; {scores.Split}. Max scores the largest effects of a level's n examples (the paper's number), mean their mean over examples of each one's largest; each with its 95 % interval, examples drawn again. From and to: quartiles of the examples' own scores, a spread and no interval. A score that is flat in the level says that harder prompts use no deeper layers.",
            Figure = "depth score by difficulty",
        }.Number("level", "N0").Column("by", flexible: false).Number("n", "N0").Number("max", "F2").Number("low", "F2").Number("high", "F2")
            .Number("mean", "F2").Number("mean low", "F2", shown: "low").Number("mean high", "F2", shown: "high").Number("each from", "F2", shown: "from").Number("each to", "F2", shown: "to");
        foreach ((int level, DepthScoreResult byLayers, DepthScoreResult byOutputs) in scores.Levels)
        {
            foreach ((string by, DepthScoreResult s) in ((string, DepthScoreResult)[])[("layers", byLayers), ("output", byOutputs)])
            {
                table.Row(level, by, s.Max.Count, s.Max.Mean, s.Max.Low, s.Max.High, s.Mean.Mean, s.Mean.Low, s.Mean.High, s.Spread(0.25), s.Spread(0.75));
            }
        }

        return table;
    }

    private static LinesPart Plot(DepthScores scores)
    {
        var lines = new LinesPart("depth_score_levels", "Depth score by level", "level", "depth score in layers, with its interval", [.. scores.Levels.Select(l => (double)l.Level)])
        {
            Figure = "depth score by difficulty",
        };
        void Add(string name, Func<(int Level, DepthScoreResult ByLayers, DepthScoreResult ByOutputs), Estimate> number) =>
            lines.Line(name, (Estimate[])[.. scores.Levels.Select(number)]);

        Add("by layers, max", l => l.ByLayers.Max);
        Add("by layers, mean", l => l.ByLayers.Mean);
        Add("by output, max", l => l.ByOutputs.Max);
        Add("by output, mean", l => l.ByOutputs.Mean);
        return lines;
    }
}
