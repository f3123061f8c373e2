using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Weir.Cli.Options;

/// <summary>An option with a whole number.</summary>
internal sealed class IntegerSetting : Option<string?>, ISetting
{
    private readonly long _default;
    private readonly long _least;
    private readonly long _most;

    /// <summary>Makes an option.</summary>
    public IntegerSetting(string name, string value, string description, long standard, long least, long most = int.MaxValue, string? defaultText = null)
        : base(name)
    {
        HelpName = value;
        Description = description;
        DefaultText = defaultText ?? standard.ToString(CultureInfo.InvariantCulture);
        _default = standard;
        _least = least;
        _most = most;
    }

    /// <inheritdoc/>
    public string? DefaultText { get; }

    /// <inheritdoc/>
    public bool Repeats => false;

    /// <summary>Its value.</summary>
    public int Get(ParseResult arguments) => (int)GetLong(arguments);

    /// <summary>Its value, where it can be long.</summary>
    public long GetLong(ParseResult arguments)
    {
        string? text = arguments.GetValue(this);
        if (text is null)
        {
            return _default;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= _least && value <= _most
            ? value
            : throw new UsageException($"{Name} must be a whole number {Limits()}, not '{text}'.");
    }

    /// <inheritdoc/>
    public void Echo(Utf8JsonWriter json, ParseResult arguments) => json.WriteNumberValue(GetLong(arguments));

    private string Limits() => _most < int.MaxValue ? $"from {_least} to {_most}" : $"of at least {_least}";
}
