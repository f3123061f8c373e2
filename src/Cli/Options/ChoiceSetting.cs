using System.CommandLine;
using System.Text.Json;

namespace Weir.Cli.Options;

/// <summary>An option whose value is one of a few words; the first is the default.</summary>
internal sealed class ChoiceSetting : Option<string?>, ISetting
{
    private readonly string[] _choices;

    /// <summary>Makes an option.</summary>
    public ChoiceSetting(string name, string description, params string[] choices) : base(name)
    {
        _choices = choices;
        HelpName = string.Join('|', choices);
        Description = description;
        DefaultText = choices[0];
    }

    /// <inheritdoc/>
    public string? DefaultText { get; init; }

    /// <inheritdoc/>
    public bool Repeats => false;

    /// <summary>Place of the value among the choices.</summary>
    public int Get(ParseResult arguments)
    {
        string? value = arguments.GetValue(this);
        int index = value is null ? 0 : Array.IndexOf(_choices, value);
        return index >= 0 ? index : throw new UsageException($"{Name} must be {Alternatives()}, not '{value}'.");
    }

    /// <inheritdoc/>
    public void Echo(Utf8JsonWriter json, ParseResult arguments) => json.WriteStringValue(_choices[Get(arguments)]);

    private string Alternatives() => $"{string.Join(", ", _choices[..^1])} or {_choices[^1]}";
}
