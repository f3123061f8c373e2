using System.Text.Json;
using Weir.Engine.Checkpoints;

namespace Weir.Engine.Families;

/// <summary>Typed values of a config.json object. JSON null counts as absent except where a method says otherwise.</summary>
/// <param name="root">The object.</param>
/// <param name="file">The file, for messages.</param>
/// <param name="path">The object's place in the file, for messages; empty for its root.</param>
internal sealed class ConfigReader(JsonElement root, string file, string path = "")
{
    /// <summary>The file, for messages.</summary>
    public string File => file;

    /// <summary>The names of the values that are not null.</summary>
    public IEnumerable<string> Keys =>
        root.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null).Select(p => p.Name);

    /// <summary>A value, or null where it is absent or JSON null.</summary>
    public JsonElement? Find(string key) =>
        root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>True where the key is written and its value is JSON null, which can mean "none" instead of "the default".</summary>
    public bool IsNull(string key) =>
        root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>An object inside this one, or null.</summary>
    public ConfigReader? Child(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } child => new(child, file, $"{path}{key}."),
        _ => throw Invalid(key, "is not an object"),
    };

    /// <summary>A whole number from 1 to a limit.</summary>
    public int Size(string key, int fallback, int limit, string? alias = null) => OptionalSize(key, limit, alias) ?? fallback;

    /// <summary>A whole number from 1 to a limit, or null where absent.</summary>
    public int? OptionalSize(string key, int limit, string? alias = null)
    {
        if (Find(key) is not { } value)
            return alias is null ? null : OptionalSize(alias, limit);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int size) && size >= 1 && size <= limit
            ? size
            : throw OutOfRange(key, $"is {Shown(value)}, not a whole number from 1 to {limit}");
    }

    /// <summary>A whole number from 0 to a limit.</summary>
    public int Count(string key, int fallback, int limit)
    {
        if (Find(key) is not { } value)
            return fallback;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count >= 0 && count <= limit
            ? count
            : throw OutOfRange(key, $"is {Shown(value)}, not a whole number from 0 to {limit}");
    }

    /// <summary>A finite number above zero.</summary>
    public double Positive(string key, double fallback) => OptionalPositive(key) ?? fallback;

    /// <summary>A finite number above zero, or null where absent.</summary>
    public double? OptionalPositive(string key)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number > 0 && number <= 1e15
            ? number
            : throw OutOfRange(key, $"is {Shown(value)}, not a number above 0");
    }

    /// <summary>The same where a written 0 counts as absent too, as it does in Python's "value or default".</summary>
    public double? PositiveUnlessZero(string key) =>
        Find(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out double number) && number == 0
            ? null
            : OptionalPositive(key);

    /// <summary>A number above zero that the rule at hand cannot do without.</summary>
    public double Required(string key) => OptionalPositive(key) ?? throw OutOfRange(key, "is missing");

    /// <summary>True or false.</summary>
    public bool Flag(string key, bool fallback) => Find(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Invalid(key, $"is {Shown(other)}, not true or false"),
    };

    /// <summary>A string, or null where absent.</summary>
    public string? Text(string key) => Find(key) is { } value ? AsText(key, value) : null;

    /// <summary>A list of strings, or null where absent.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(item => AsText(key, item))]
            : throw Invalid(key, "is not a list");
    }

    /// <summary>
    /// Token ids written as one number or a list; null where absent, empty where JSON null. An id without a row in the
    /// vocabulary is left out with a warning: the model never makes it, and small models keep their family's large ids.
    /// </summary>
    public IReadOnlyList<int>? Tokens(string key, int vocabulary, ICollection<string> warnings)
    {
        if (Find(key) is not { } value)
            return IsNull(key) ? [] : null;
        IEnumerable<JsonElement> items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        List<int> ids = [];
        foreach (JsonElement item in items)
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out int id))
            {
                throw new CheckpointException(
                    CheckpointError.SpecialTokenMismatch, file, null, $"{path}{key} is {Shown(value)}, not a token id");
            }

            if (id >= 0 && id < vocabulary)
                ids.Add(id);
            else
                warnings.Add($"{path}{key} {id} is not used: the vocabulary has only {vocabulary} ids.");
        }

        return ids;
    }

    /// <summary>Refuses a key unless it is absent, null, false, or an empty list or object.</summary>
    public void RefuseUnlessNeutral(string key)
    {
        if (Find(key) is not { } value || value.ValueKind == JsonValueKind.False)
            return;
        bool empty = (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0)
            || (value.ValueKind == JsonValueKind.Object && value.GetPropertyCount() == 0);
        if (!empty)
            throw Unsupported(key, $"is {Shown(value)}");
    }

    /// <summary>Error: a value would change the result and is not supported.</summary>
    public CheckpointException Unsupported(string key, string reason) =>
        new(CheckpointError.UnsupportedOption, file, null, $"{path}{key} {reason}");

    /// <summary>Error: a value is not in its range.</summary>
    public CheckpointException OutOfRange(string key, string reason) =>
        new(CheckpointError.ConfigOutOfRange, file, null, $"{path}{key} {reason}");

    private CheckpointException Invalid(string key, string reason) =>
        new(CheckpointError.InvalidJson, file, null, $"{path}{key} {reason}");

    private string AsText(string key, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Invalid(key, $"is {Shown(value)}, not a string");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            throw Invalid(key, "is not Unicode text");
        }
    }

    private static string Shown(JsonElement value) => CheckpointException.Shown(value.GetRawText());
}
