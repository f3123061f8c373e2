using System.Text.Json;

namespace Weir.Engine.Tokenizers;

/// <summary>A value in the file, with the path that error messages name it by.</summary>
internal readonly record struct JsonScope(JsonElement Element, string Path, string File)
{
    public TokenizerException Fail(TokenizerError error, string reason) => new(File, error, reason);

    public TokenizerException Invalid(string expected) =>
        Fail(TokenizerError.InvalidJson, $"{Path} is not {expected}; take the file from the checkpoint's source.");

    public TokenizerException Unsupported(string what) =>
        Fail(TokenizerError.UnsupportedOption, $"{Path} has {what}, which Weir does not do; use a checkpoint without it.");

    /// <summary>A property that must be there and not null.</summary>
    public JsonScope Get(string name) =>
        Find(name) ?? throw Fail(TokenizerError.InvalidJson, $"{Path} has no '{name}'; take the file from the checkpoint's source.");

    /// <summary>A property, or null where it is missing or null.</summary>
    public JsonScope? Find(string name)
    {
        RequireObject();
        return Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? this with { Element = value, Path = $"{Path}.{name}" }
            : null;
    }

    /// <summary>Makes sure that nothing but these properties is there, since an unknown one may change the result.</summary>
    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        RequireObject();
        foreach ((string name, JsonScope value) in Properties())
        {
            if (!names.Contains(name) && value.Element.ValueKind != JsonValueKind.Null)
                throw Unsupported($"the property '{name}'");
        }
    }

    public string Text()
    {
        if (Element.ValueKind != JsonValueKind.String)
            throw Invalid("a string");
        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException) // half a surrogate pair, or bytes that are not UTF-8
        {
            throw Invalid("well-formed text");
        }
    }

    public bool Flag() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Invalid("true or false"),
    };

    /// <summary>A boolean property, or a default where it is missing or null.</summary>
    public bool Flag(string name, bool whenMissing) => Find(name) is { } value ? value.Flag() : whenMissing;

    public int Integer() =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int value) ? value : throw Invalid("a 32-bit integer");

    /// <summary>A string of one UTF-16 unit.</summary>
    public char Character()
    {
        string text = Text();
        if (text.Length == 2 && char.IsSurrogatePair(text[0], text[1]))
            throw Unsupported($"the character '{text}' beyond U+FFFF");
        return text.Length == 1 ? text[0] : throw Invalid("one character");
    }

    public IEnumerable<JsonScope> Items()
    {
        if (Element.ValueKind != JsonValueKind.Array)
            throw Invalid("a list");
        JsonScope self = this;
        return Element.EnumerateArray().Select((item, i) => self with { Element = item, Path = $"{self.Path}[{i}]" });
    }

    public IEnumerable<(string Name, JsonScope Value)> Properties()
    {
        RequireObject();
        JsonScope self = this;
        return Element.EnumerateObject().Select(property => (self.NameOf(property), self with { Element = property.Value }));
    }

    private string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw Invalid("an object of well-formed names");
        }
    }

    private void RequireObject()
    {
        if (Element.ValueKind != JsonValueKind.Object)
            throw Invalid("an object");
    }
}
