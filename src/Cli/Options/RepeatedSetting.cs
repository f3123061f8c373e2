using System.CommandLine;
using System.Text.Json;

namespace Weir.Cli.Options;

/// <summary>An option that may be given several times.</summary>
internal sealed class RepeatedSetting : Option<string[]>, ISetting
{
    /// <summary>Makes an option.</summary>
    public RepeatedSetting(string name, string value, string description) : base(name)
    {
        HelpName = value;
        Description = description;
        Arity = ArgumentArity.ZeroOrMore;
        AllowMultipleArgumentsPerToken = false;
    }

    /// <inheritdoc/>
    public string? DefaultText => null;

    /// <inheritdoc/>
    public bool Repeats => true;

    /// <summary>Its values in their order.</summary>
    public string[] Get(ParseResult arguments)
    {
        string[] values = arguments.GetValue(this) ?? [];
        return values.Contains("") ? throw new UsageException($"{Name} needs a value, {HelpName}, not an empty text.") : values;
    }

    /// <inheritdoc/>
    public void Echo(Utf8JsonWriter json, ParseResult arguments)
    {
        json.WriteStartArray();
        foreach (string value in Get(arguments))
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
