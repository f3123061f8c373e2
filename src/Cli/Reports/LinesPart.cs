using System.Text.Json;
using Weir.Analysis.Statistics;

namespace Weir.Cli.Reports;

/// <summary>Lines over a common axis, such as cosines over layers, with a band where a line has an interval.</summary>
/// <param name="Name">See <see cref="ReportPart"/>.</param>
/// <param name="Title">See <see cref="ReportPart"/>.</param>
/// <param name="XAxis">What the axis is.</param>
/// <param name="YAxis">What the lines are, with their unit.</param>
/// <param name="X">The axis' values.</param>
internal sealed record LinesPart(string Name, string Title, string XAxis, string YAxis, IReadOnlyList<double> X) : ReportPart(Name, Title)
{
    private readonly List<(string Name, IReadOnlyList<double> Values, IReadOnlyList<double>? Low, IReadOnlyList<double>? High)> _lines = [];

    /// <summary>True for bars side by side in the place of lines.</summary>
    public bool Bars { get; init; }

    /// <summary>Names of the axis' values, where they are no numbers; or null.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <inheritdoc/>
    public override string Kind => "lines";

    /// <summary>Adds a line.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">A value for each of the axis; NaN for what there is not.</param>
    /// <param name="low">Lower ends of an interval; null together with the upper ends.</param>
    /// <param name="high">Upper ends of it.</param>
    public LinesPart Line(string name, IReadOnlyList<double> values, IReadOnlyList<double>? low = null, IReadOnlyList<double>? high = null)
    {
        if (low is null != high is null)
        {
            throw new ArgumentException($"The line {name} of {Name} has one end of an interval; an interval has two.", low is null ? nameof(low) : nameof(high));
        }

        if (values.Count != X.Count || (low ?? values).Count != X.Count || (high ?? values).Count != X.Count)
        {
            throw new ArgumentException($"{Name} has {X.Count} places, the line {name} {values.Count}.", nameof(values));
        }

        _lines.Add((name, values, low, high));
        return this;
    }

    /// <summary>Adds a line of estimates with their intervals.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="estimates">An estimate for each of the axis; those behind the last there are none of.</param>
    public LinesPart Line(string name, IReadOnlyList<Estimate> estimates)
    {
        double[] Of(Func<Estimate, double> number) => [.. X.Select((_, i) => i < estimates.Count ? number(estimates[i]) : double.NaN)];
        return Line(name, Of(e => e.Mean), Of(e => e.Low), Of(e => e.High));
    }

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("x_axis", XAxis);
        json.WriteString("y_axis", YAxis);
        json.WriteBoolean("bars", Bars);
        JsonNumbers.Write(json, "x", X);
        if (Labels is not null)
        {
            JsonNumbers.Write(json, "labels", Labels);
        }

        json.WriteStartArray("lines");
        foreach ((string name, IReadOnlyList<double> values, IReadOnlyList<double>? low, IReadOnlyList<double>? high) in _lines)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            JsonNumbers.Write(json, "values", values);
            if (low is not null && high is not null)
            {
                JsonNumbers.Write(json, "low", low);
                JsonNumbers.Write(json, "high", high);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<object?>> Lines()
    {
        yield return [XAxis, .. _lines.SelectMany(l => l.Low is null ? (object?[])[l.Name] : [l.Name, $"{l.Name} low", $"{l.Name} high"])];
        for (int i = 0; i < X.Count; i++)
        {
            int at = i;
            yield return [
                Labels is null ? X[i] : Labels[i],
                .. _lines.SelectMany(l => l.Low is null ? (object?[])[l.Values[at]] : [l.Values[at], l.Low[at], l.High![at]])];
        }
    }
}
