using Weir.Analysis.Recall;
using Weir.Analysis.Statistics;
using Weir.Cli.Reports;

namespace Weir.Cli.Recall;

/// <summary>Evidence that heads move the topic.</summary>
internal static class MoverParts
{
    /// <summary>Adds them.</summary>
    public static void Add(Report report, RecallTask task, IReadOnlyList<MoverHead> movers)
    {
        TablePart table = new TablePart("movers", "Heads that move the topic")
        {
            Figure = "scatter of attention and write",
            Note = "attention from the last position to the topic, and what the head writes there along the topic's row of the unembedding; r over n prompts, with its 95 % interval over items",
        }.Column("head", flexible: false).Number("attention", "F3").Number("write", "F3").Number("r", "F3").Number("low", "F3").Number("high", "F3").Number("n", "N0");
        var points = new ScatterPart("mover_points", "Attention to the topic and write along it", "attention from the last position to the topic", "product of the head's output with the topic's row")
        {
            Figure = "scatter of attention and write",
        };
        foreach (MoverHead m in movers)
        {
            string name = $"L{m.Layer}H{m.Head}";
            Estimate r = m.Correlation;
            table.Row(name, Bootstrap.Average(m.Attention), Bootstrap.Average(m.Write), r.Mean, r.Low, r.High, r.Count);
            for (int n = 0; n < m.Attention.Length; n++)
            {
                points.Point(name, task.Prompts[n].Text, m.Attention[n], m.Write[n]);
            }
        }

        report.Add(table).Add(points);
    }
}
