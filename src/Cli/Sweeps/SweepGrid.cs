using System.Globalization;
using Weir.Cli.Rendering;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;

namespace Weir.Cli.Sweeps;

/// <summary>
/// What a sweep's variants do to the output, layer by layer: by position, by head, or by position for every head of a layer.
/// Of patches it is the map that shows where information is.
/// </summary>
internal static class SweepGrid
{
    private static readonly (string Measure, string Title, string Format)[] Measures =
    [
        ("logit_difference_change", "Change of the logit difference", "0.00;-0.00;0.00"),
        ("target.log_probability_change", "Change of the target's log-probability", "0.00;-0.00;0.00"),
        ("output.kl.mean", "KL to the unchanged prompt, in nats", "0.000;-0.000;0.000"),
    ];

    /// <summary>Prints it, where the variants are of one site and differ by layer and by head or position.</summary>
    /// <param name="terminal">Where it goes.</param>
    /// <param name="variants">The sweep's variants.</param>
    /// <param name="cells">Its cells.</param>
    /// <param name="tokens">The prompt's tokens, for the names of positions; null where prompts differ.</param>
    public static void Write(Terminal terminal, IReadOnlyList<Variant> variants, IReadOnlyList<SweepCell> cells, IReadOnlyList<string>? tokens)
    {
        Place?[] places = [.. variants.Select(PlaceOf)];
        if (places.Length == 0 || places.Any(p => p is null) || places.Select(p => (p!.Site, p.Head is null, p.Position is null)).Distinct().Count() > 1)
        {
            return;
        }

        Place first = places[0]!;
        bool byPosition = first.Position is not null;
        if (!byPosition && first.Head is null)
        {
            return;
        }

        (string measure, string title, string format) = Measures.First(m => m.Measure == Measures[^1].Measure || cells.Any(c => c.Values.Any(v => v.Name == m.Measure)));
        var means = cells.GroupBy(c => c.Variant).ToDictionary(
            g => g.Key, g => g.SelectMany(c => c.Values).Where(v => v.Name == measure && v.Layer < 0).Select(v => v.Value).DefaultIfEmpty(double.NaN).Average());
        int Column(Place p) => byPosition ? p.Position!.Value : p.Head!.Value;
        int[] columns = [.. places.Select(p => Column(p!)).Distinct().Order()];

        terminal.Output.WriteLine();
        terminal.Output.WriteLine($"{title}, by layer{(byPosition && first.Head is not null ? " and head" : "")} and {(byPosition ? "position" : "head")}:");
        var table = new TextTable(terminal).Column("");
        foreach (int column in columns)
        {
            string name = byPosition && tokens is not null && column < tokens.Count ? $"{column} {TextWidth.Cut(tokens[column], 8)}" : Text.Of(column);
            table.Column(name, right: true);
        }

        foreach (var row in Enumerable.Range(0, places.Length).GroupBy(v => (places[v]!.Layer, Head: byPosition ? places[v]!.Head : null)))
        {
            var values = row.ToDictionary(v => Column(places[v]!), v => means.TryGetValue(v, out double mean) ? mean : double.NaN);
            table.Row([
                row.Key.Head is { } head ? $"{row.Key.Layer}.{head}" : Text.Of(row.Key.Layer),
                .. columns.Select(c => values.TryGetValue(c, out double value) && double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-")]);
        }

        table.Write();
    }

    private static Place? PlaceOf(Variant variant)
    {
        if (variant.Edits is not [{ } edit] || !SiteCatalog.Info(edit.Site.Point).HasLayer)
        {
            return null;
        }

        (Index start, Index end) = (edit.Positions.Start, edit.Positions.End);
        int? position = !start.IsFromEnd && !end.IsFromEnd && end.Value == start.Value + 1 ? start.Value : null;
        return new Place(edit.Site.Point, edit.Site.Layer, edit.Head, position);
    }

    private sealed record Place(SitePoint Site, int Layer, int? Head, int? Position);
}
