using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Depth;

/// <summary>Erasure maps as tables and plots.</summary>
internal static class ErasureParts
{
    // An erased token still matters where the answer's distribution moves by more than this.
    private const double Matters = 0.1;

    /// <summary>Adds those that were made.</summary>
    public static void Add(Report report, Model model, DepthFindings f)
    {
        for (int p = 0; p < (f.Erasure?.Count ?? 0); p++)
        {
            double[,] map = f.Erasure![p];
            string[] tokens = [.. f.Prompts[p].Ids.Take(map.GetLength(1)).Select((id, t) => $"{t} {TokenText.Of(model, id)}")];
            report.Add(Table(p, map, tokens, f));
            report.Add(new HeatMapPart($"erasure_{p}", $"Effect of erasing a token at a boundary, prompt {p}", [.. Enumerable.Range(0, f.Layers + 1).Select(l => Text.Of(l))], tokens, map)
            {
                RowAxis = "boundary",
                ColumnAxis = "token",
                ValueAxis = "change of the answer's probabilities",
                Figure = "residual erasure",
                Note = f.Prompts[p].Answer is null ? null : "The answer's last token has no column: nothing measured sees it.",
            });
        }
    }

    private static TablePart Table(int prompt, double[,] map, string[] tokens, DepthFindings f)
    {
        int layers = f.Layers;
        TablePart table = new TablePart($"erasure_tokens_{prompt}", $"Until where each token is needed, prompt {prompt}")
        {
            Note = $"The residual of one token in front of a layer becomes {f.ErasedWith}; effect is the largest change of the answer's probabilities. Needed to: the last boundary where it is above {Matters} ({layers} is behind the last layer).",
            MostOnScreen = 40,
        }.Column("token").Number("at 0", "F2").Number($"at {layers / 2}", "F2").Number($"at {layers}", "F2").Number("needed to", "N0");
        for (int t = 0; t < tokens.Length; t++)
        {
            int last = Enumerable.Range(0, layers + 1).LastOrDefault(l => map[l, t] > Matters, -1);
            table.Row(tokens[t], map[0, t], map[layers / 2, t], map[layers, t], last < 0 ? null : last);
        }

        return table;
    }
}
