using System.Text.Json;

namespace Weir.Cli.Reports;

/// <summary>Points, in groups of a colour each.</summary>
/// <param name="Name">See <see cref="ReportPart"/>.</param>
/// <param name="Title">See <see cref="ReportPart"/>.</param>
/// <param name="XAxis">What the horizontal axis is.</param>
/// <param name="YAxis">What the vertical axis is.</param>
internal sealed record ScatterPart(string Name, string Title, string XAxis, string YAxis) : ReportPart(Name, Title)
{
    private readonly List<(string Group, string Label, double X, double Y)> _points = [];

    /// <inheritdoc/>
    public override string Kind => "scatter";

    /// <summary>Adds a point.</summary>
    /// <param name="group">Its group, shown in the legend.</param>
    /// <param name="label">What it is, shown where it is pointed at.</param>
    /// <param name="x">Where, horizontally.</param>
    /// <param name="y">Where, vertically.</param>
    public ScatterPart Point(string group, string label, double x, double y)
    {
        _points.Add((group, label, x, y));
        return this;
    }

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("x_axis", XAxis);
        json.WriteString("y_axis", YAxis);
        json.WriteStartArray("points");
        foreach ((string group, string label, double x, double y) in _points)
        {
            json.WriteStartArray();
            json.WriteStringValue(group);
            json.WriteStringValue(label);
            JsonNumbers.Write(json, x);
            JsonNumbers.Write(json, y);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<object?>> Lines() => _points
        .Select(p => (IReadOnlyList<object?>)[p.Group, p.Label, p.X, p.Y])
        .Prepend(["group", "label", XAxis, YAxis]);
}
