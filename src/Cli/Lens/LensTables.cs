using Weir.Cli.Rendering;

namespace Weir.Cli.Lens;

/// <summary>A row for each layer: means over the positions, the last position's tokens, and the targets.</summary>
internal static class LensTables
{
    /// <summary>Prints the tables.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="view">The reading.</param>
    /// <param name="depth">A sentence about all layers.</param>
    public static void Write(Terminal terminal, LensView view, string depth)
    {
        WriteLayers(terminal, view);
        Title(terminal, depth);
        for (int t = 0; t < view.Targets.Count; t++)
        {
            WriteTarget(terminal, view, t);
        }
    }

    private static void WriteLayers(Terminal terminal, LensView view)
    {
        int last = view.Result.Positions - 1;
        Title(terminal, view.Result.Positions == 1
            ? $"Position {view.FirstPosition + last}:"
            : $"Means over positions {view.FirstPosition} to {view.FirstPosition + last}; entropy and KL(layer || last layer) in nats; tokens of position {view.FirstPosition + last}:");
        var table = new TextTable(terminal)
            .Column("layer", right: true)
            .Column("entropy", right: true)
            .Column("KL", right: true)
            .Column($"top-{LensView.OverlapCount} shared", right: true)
            .Column("most probable, in percent", flexible: true);
        for (int s = 0; s < view.Result.States; s++)
        {
            table.Row(
                LensView.StateName(s),
                Text.Fixed(view.Mean(s, row => view.Result.Entropy[row]), 3),
                Text.Fixed(view.Mean(s, row => view.Result.Divergence[row]), 3),
                $"{Text.Percent(view.MeanOverlap(s))}%",
                view.Says(view.Result, s, last, view.Top));
        }

        table.Write();
    }

    private static void WriteTarget(Terminal terminal, LensView view, int target)
    {
        int last = view.Result.Positions - 1;
        Title(terminal, $"Target {view.Token(view.Targets[target])} (id {view.Targets[target]}) at position {view.FirstPosition + last}, rank 0 is the top:");
        var table = new TextTable(terminal)
            .Column("layer", right: true)
            .Column("probability", right: true)
            .Column("rank", right: true)
            .Column(view.Result.Positions > 1 ? "mean probability" : "", right: true);
        for (int s = 0; s < view.Result.States; s++)
        {
            (double probability, int rank) = view.Target(s, last, target);
            table.Row(
                LensView.StateName(s),
                Text.Fixed(probability, 6),
                Text.Of(rank),
                view.Result.Positions > 1 ? Text.Fixed(view.Mean(s, row => Math.Exp(view.Result.TargetLogProbabilities[(row * view.Result.TargetCount) + target])), 6) : "");
        }

        table.Write();
    }

    private static void Title(Terminal terminal, string title)
    {
        terminal.Output.WriteLine();
        foreach (string line in TextWidth.Wrap(title, terminal.Settings.Width))
        {
            terminal.Output.WriteLine(line);
        }
    }
}
