using System.CommandLine;
using System.Text.Json;

namespace Weir.Cli.Options;

/// <summary>A switch.</summary>
internal sealed class FlagSetting : Option<bool>, ISetting
{
    /// <summary>Makes a switch.</summary>
    public FlagSetting(string name, string description) : base(name)
    {
        Description = description;
        Arity = ArgumentArity.Zero;
    }

    /// <inheritdoc/>
    public string? DefaultText => null;

    /// <inheritdoc/>
    public bool Repeats => false;

    /// <summary>True where it is set.</summary>
    public bool Get(ParseResult arguments) => arguments.GetValue(this);

    /// <inheritdoc/>
    public void Echo(Utf8JsonWriter json, ParseResult arguments) => json.WriteBooleanValue(Get(arguments));
}
