using System.Globalization;
using Weir.Analysis;
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
    private readonly SweepMeans _means;
    private readonly SweepMeasure _measure;
    private readonly string _rowAxis;
    private readonly string _columnAxis;
    private readonly string[] _rows;
    private readonly string[] _columns;

    private readonly Dictionary<(int Row, int Column), int> _variants = [];

    private SweepGrid(Place[] places, SweepMeans means, IReadOnlyList<string>? tokens)
    {
        _means = means;
        _measure = SweepMeasure.Leading(means);
        bool byPosition = places[0].Position is not null, byHead = places[0].Head is not null;
        _rowAxis = byPosition && byHead ? "layer and head" : "layer";
        _columnAxis = byPosition ? "position" : "head";
        int Column(Place p) => byPosition ? p.Position!.Value : p.Head!.Value;
        (int Layer, int? Head) Row(Place p) => (p.Layer, byPosition ? p.Head : null);
        int[] columns = [.. places.Select(Column).Distinct().Order()];
        (int Layer, int? Head)[] rows = [.. places.Select(Row).Distinct()];
        _columns = [.. columns.Select(c => byPosition && tokens is not null && c < tokens.Count ? $"{c} {tokens[c]}" : Text.Of(c))];
        _rows = [.. rows.Select(r => r.Head is { } head ? $"{r.Layer}.{head}" : Text.Of(r.Layer))];
        for (int v = 0; v < places.Length; v++)
        {
            _variants[(Array.IndexOf(rows, Row(places[v])), Array.IndexOf(columns, Column(places[v])))] = v;
        }
    }

    private string Title => $"{_measure.Title}{_means.Over}, by {_rowAxis} and {_columnAxis}";

    /// <summary>Makes it, or null where the variants are not of one site, or do not each have a layer and a head or position of their own.</summary>
    /// <param name="variants">The sweep's variants.</param>
    /// <param name="means">What was measured of them.</param>
    /// <param name="tokens">The prompt's tokens, for the names of positions; null where prompts differ.</param>
    public static SweepGrid? Of(IReadOnlyList<Variant> variants, SweepMeans means, IReadOnlyList<string>? tokens)
    {
        Place[] places = [.. variants.Select(PlaceOf).OfType<Place>()];
        return places.Length == 0 || places.Length < variants.Count || places[0] is { Head: null, Position: null }
            || places.Select(p => (p.Site, p.Head is null, p.Position is null)).Distinct().Count() > 1
            || places.Distinct().Count() < places.Length
            ? null
            : new SweepGrid(places, means, tokens);
    }

    /// <summary>Prints it.</summary>
    public void Print(Terminal terminal)
    {
        terminal.Output.WriteLine();
        terminal.Output.WriteLine($"{Title}:");
        var table = new TextTable(terminal).Column("");
        foreach (string column in _columns)
        {
            table.Column(TextWidth.Cut(column, column.IndexOf(' ', StringComparison.Ordinal) + 9), right: true);
        }

        string decimals = new('0', _measure.IsSigned ? 2 : 3), format = $"0.{decimals};-0.{decimals};0.{decimals}";
        for (int r = 0; r < _rows.Length; r++)
        {
            table.Row([_rows[r], .. Enumerable.Range(0, _columns.Length).Select(c => Mean(r, c)).Select(x => double.IsFinite(x) ? x.ToString(format, CultureInfo.InvariantCulture) : "-")]);
        }

        table.Write();
    }

    /// <summary>The same as a map.</summary>
    public HeatMapPart ToPart() => new("grid", Title, _rows, _columns, Maps.Of(_rows.Length, _columns.Length, Mean))
    {
        RowAxis = _rowAxis,
        ColumnAxis = _columnAxis,
        ValueAxis = $"{_measure.Unit}{_means.Over}",
        Diverging = _measure.IsSigned,
        Interval = _means.Intervals(_rows.Length, _columns.Length, (r, c) => _means.Of(Variant(r, c), _measure.Name)),
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

    private int Variant(int row, int column) => _variants.GetValueOrDefault((row, column), -1);

    private double Mean(int row, int column) => _means.Mean(Variant(row, column), _measure.Name);

    private sealed record Place(SitePoint Site, int Layer, int? Head, int? Position);
}
