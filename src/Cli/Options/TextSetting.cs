using System.CommandLine;
using System.Text.Json;

namespace Weir.Cli.Options;

/// <summary>An option with one text.</summary>
internal sealed class TextSetting : Option<string?>, ISetting
{
    private readonly string? _default;

    /// <summary>Makes an option.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="value">What help calls its value.</param>
    /// <param name="description">A sentence without its full stop.</param>
    /// <param name="defaultText">How help names the default.</param>
    /// <param name="standard">The default itself.</param>
    public TextSetting(string name, string value, string description, string? defaultText = null, string? standard = null) : base(name)
    {
        HelpName = value;
        Description = description;
        DefaultText = defaultText ?? standard;
        _default = standard;
    }

    /// <inheritdoc/>
    public string? DefaultText { get; }

    /// <inheritdoc/>
    public bool Repeats => false;

    /// <summary>Its value, or null.</summary>
    public string? Get(ParseResult arguments)
    {
        string? value = arguments.GetValue(this) ?? _default;
        return value is { Length: 0 } ? throw new UsageException($"{Name} needs a value, {HelpName}, not an empty text.") : value;
    }

    /// <inheritdoc/>
    public void Echo(Utf8JsonWriter json, ParseResult arguments) => json.WriteStringValue(Get(arguments));
}
