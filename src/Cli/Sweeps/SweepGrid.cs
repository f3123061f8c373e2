using System.Globalization;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;

namespace Weir.Cli.Sweeps;

/// <summary>
/// What a sweep's variants do to the output, layer by layer: by position, by head, or by position for every head of a layer.
/// Of patches it is the map that shows where information is.
/// </summary>
internal sealed class SweepGrid
{
    private static readonly (string Measure, string Title, string Format)[] Measures =
    [
        ("logit_difference_change", "Change of the logit difference", "0.00;-0.00;0.00"),
        ("target.log_probability_change", "Change of the target's log-probability", "0.00;-0.00;0.00"),
        ("output.kl.mean", "KL to the unchanged prompt, in nats", "0.000;-0.000;0.000"),
    ];

    private readonly (string Measure, string Title, string Format) _measure;
    private readonly string _rowAxis;
    private readonly string _columnAxis;
    private readonly string[] _rows;
    private readonly string[] _columns;
    private readonly double[,] _values;

    private SweepGrid(Place[] places, IReadOnlyList<SweepCell> cells, IReadOnlyList<string>? tokens)
    {
        _measure = Measures.First(m => m.Measure == Measures[^1].Measure || cells.Any(c => c.Values.Any(v => v.Name == m.Measure)));
        bool byPosition = places[0].Position is not null, byHead = places[0].Head is not null;
        _rowAxis = byPosition && byHead ? "layer and head" : "layer";
        _columnAxis = byPosition ? "position" : "head";
        int Column(Place p) => byPosition ? p.Position!.Value : p.Head!.Value;
        (int Layer, int? Head) Row(Place p) => (p.Layer, byPosition ? p.Head : null);
        int[] columns = [.. places.Select(Column).Distinct().Order()];
        (int Layer, int? Head)[] rows = [.. places.Select(Row).Distinct()];
        _columns = [.. columns.Select(c => byPosition && tokens is not null && c < tokens.Count ? $"{c} {tokens[c]}" : Text.Of(c))];
        _rows = [.. rows.Select(r => r.Head is { } head ? $"{r.Layer}.{head}" : Text.Of(r.Layer))];
        _values = new double[rows.Length, columns.Length];
        for (int r = 0; r < rows.Length; r++)
        {
            for (int c = 0; c < columns.Length; c++)
            {
                _values[r, c] = double.NaN;
            }
        }

        foreach (IGrouping<int, SweepCell> variant in cells.GroupBy(c => c.Variant))
        {
            Place place = places[variant.Key];
            _values[Array.IndexOf(rows, Row(place)), Array.IndexOf(columns, Column(place))] = variant
                .SelectMany(c => c.Values).Where(v => v.Name == _measure.Measure && v.Layer < 0).Select(v => v.Value).DefaultIfEmpty(double.NaN).Average();
        }
    }

    /// <summary>Makes it, or null where the variants are not of one site and do not differ by layer and by head or position.</summary>
    /// <param name="variants">The sweep's variants.</param>
    /// <param name="cells">Its cells.</param>
    /// <param name="tokens">The prompt's tokens, for the names of positions; null where prompts differ.</param>
    public static SweepGrid? Of(IReadOnlyList<Variant> variants, IReadOnlyList<SweepCell> cells, IReadOnlyList<string>? tokens)
    {
        Place[] places = [.. variants.Select(PlaceOf).OfType<Place>()];
        return places.Length == 0 || places.Length < variants.Count || places[0] is { Head: null, Position: null }
            || places.Select(p => (p.Site, p.Head is null, p.Position is null)).Distinct().Count() > 1
            ? null
            : new SweepGrid(places, cells, tokens);
    }

    /// <summary>Prints it.</summary>
    public void Print(Terminal terminal)
    {
        terminal.Output.WriteLine();
        terminal.Output.WriteLine($"{_measure.Title}, by {_rowAxis} and {_columnAxis}:");
        var table = new TextTable(terminal).Column("");
        foreach (string column in _columns)
        {
            table.Column(TextWidth.Cut(column, column.IndexOf(' ', StringComparison.Ordinal) + 9), right: true);
        }

        for (int r = 0; r < _rows.Length; r++)
        {
            table.Row([_rows[r], .. Enumerable.Range(0, _columns.Length).Select(c =>
                double.IsFinite(_values[r, c]) ? _values[r, c].ToString(_measure.Format, CultureInfo.InvariantCulture) : "-")]);
        }

        table.Write();
    }

    /// <summary>The same as a map.</summary>
    public HeatMapPart ToPart() => new("grid", $"{_measure.Title}, by {_rowAxis} and {_columnAxis}", _rows, _columns, _values)
    {
        RowAxis = _rowAxis,
        ColumnAxis = _columnAxis,
        ValueAxis = "mean over prompts",
        Diverging = _measure != Measures[^1],
    };

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
