using System.CommandLine;
using System.Text.Json;

namespace Weir.Cli.Options;

/// <summary>An option as help and result files show it.</summary>
internal interface ISetting
{
    /// <summary>What holds where the option is not given; null where that needs no word.</summary>
    string? DefaultText { get; }

    /// <summary>True where it may be given several times.</summary>
    bool Repeats { get; }

    /// <summary>Writes the value in effect.</summary>
    void Echo(Utf8JsonWriter json, ParseResult arguments);
}
