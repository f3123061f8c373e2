using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Weir.Cli.Options;

/// <summary>An option with one or more numbers, separated by commas.</summary>
internal sealed class RealListSetting : Option<string?>, ISetting
{
    private readonly double _default;
    private readonly Func<double, bool> _allowed;
    private readonly string _rule;

    /// <summary>Makes an option.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="value">What help calls its value.</param>
    /// <param name="description">A sentence without its full stop.</param>
    /// <param name="standard">The default.</param>
    /// <param name="rule">The allowed values in words: "numbers above 0".</param>
    /// <param name="allowed">The rule.</param>
    public RealListSetting(string name, string value, string description, double standard, string rule, Func<double, bool> allowed) : base(name)
    {
        HelpName = value;
        Description = description;
        DefaultText = standard.ToString(CultureInfo.InvariantCulture);
        _default = standard;
        _rule = rule;
        _allowed = allowed;
    }

    /// <inheritdoc/>
    public string? DefaultText { get; }

    /// <inheritdoc/>
    public bool Repeats => false;

    /// <summary>Its values in their order.</summary>
    public double[] Get(ParseResult arguments) => arguments.GetValue(this) is not { } text
        ? [_default]
        : [.. text.Split(',').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && _allowed(value)
            ? value
            : throw new UsageException($"{Name} must be {_rule}, separated by commas, not '{text}'."))];

    /// <inheritdoc/>
    public void Echo(Utf8JsonWriter json, ParseResult arguments)
    {
        json.WriteStartArray();
        foreach (double value in Get(arguments))
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
