using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Weir.Cli.Options;

/// <summary>An option with a number.</summary>
internal sealed class RealSetting : Option<string?>, ISetting
{
    private readonly float _default;
    private readonly Func<float, bool> _allowed;
    private readonly string _rule;

    /// <summary>Makes an option.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="value">What help calls its value.</param>
    /// <param name="description">A sentence without its full stop.</param>
    /// <param name="standard">The default.</param>
    /// <param name="rule">The allowed values in words: "a number above 0".</param>
    /// <param name="allowed">The rule.</param>
    /// <param name="defaultText">How help names the default.</param>
    public RealSetting(string name, string value, string description, float standard, string rule, Func<float, bool> allowed, string? defaultText = null) : base(name)
    {
        HelpName = value;
        Description = description;
        _default = standard;
        DefaultText = defaultText ?? standard.ToString(CultureInfo.InvariantCulture);
        _rule = rule;
        _allowed = allowed;
    }

    /// <inheritdoc/>
    public string? DefaultText { get; }

    /// <inheritdoc/>
    public bool Repeats => false;

    /// <summary>Its value.</summary>
    public float Get(ParseResult arguments)
    {
        string? text = arguments.GetValue(this);
        if (text is null)
        {
            return _default;
        }

        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value) && _allowed(value)
            ? value
            : throw new UsageException($"{Name} must be {_rule}, not '{text}'.");
    }

    /// <inheritdoc/>
    public void Echo(Utf8JsonWriter json, ParseResult arguments) => json.WriteNumberValue(Get(arguments));
}
