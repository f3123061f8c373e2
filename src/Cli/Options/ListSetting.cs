using System.CommandLine;
using System.Text.Json;

namespace Weir.Cli.Options;

/// <summary>An option whose value is some of a few words, separated by commas; all by default.</summary>
internal sealed class ListSetting : Option<string?>, ISetting
{
    private readonly string[] _words;

    /// <summary>Makes an option.</summary>
    public ListSetting(string name, string description, params string[] words) : base(name)
    {
        _words = words;
        HelpName = "LIST";
        Description = $"{description}: some of {string.Join(",", words)}";
        DefaultText = "all of them";
    }

    /// <inheritdoc/>
    public string? DefaultText { get; }

    /// <inheritdoc/>
    public bool Repeats => false;

    /// <summary>Places of the words given, in their own order.</summary>
    public int[] Get(ParseResult arguments)
    {
        if (arguments.GetValue(this) is not { } value)
        {
            return [.. Enumerable.Range(0, _words.Length)];
        }

        string[] given = value.Split(',', StringSplitOptions.TrimEntries);
        return Array.Find(given, g => !_words.Contains(g)) is { } unknown
            ? throw new UsageException($"{Name} takes {string.Join(", ", _words)}, separated by commas, not '{unknown}'.")
            : [.. Enumerable.Range(0, _words.Length).Where(i => given.Contains(_words[i]))];
    }

    /// <inheritdoc/>
    public void Echo(Utf8JsonWriter json, ParseResult arguments) => json.WriteStringValue(string.Join(',', Get(arguments).Select(i => _words[i])));
}
