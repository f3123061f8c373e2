namespace Weir.Engine.Tokenizers;

/// <summary>Reads the pre-tokenizers; a sequence becomes its members.</summary>
internal static class PreTokenizerReader
{
    public static PreTokenizer[] Read(JsonScope? preTokenizer)
    {
        List<PreTokenizer> all = [];
        if (preTokenizer is { } scope)
            Add(scope, all);
        return [.. all];
    }

    /// <summary>Reads where Metaspace puts its mark. Old files say <c>add_prefix_space</c> instead.</summary>
    public static PrependScheme ReadScheme(JsonScope scope)
    {
        bool prepends = scope.Flag("add_prefix_space", whenMissing: true);
        if (scope.Find("prepend_scheme") is not { } stated)
            return prepends ? PrependScheme.Always : PrependScheme.Never;
        PrependScheme scheme = stated.Text() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            string other => throw stated.Unsupported($"the value '{other}'"),
        };
        return prepends || scheme == PrependScheme.Never
            ? scheme
            : throw scope.Unsupported("an 'add_prefix_space' that contradicts its 'prepend_scheme'");
    }

    private static void Add(JsonScope scope, List<PreTokenizer> all)
    {
        string type = scope.Get("type").Text();
        switch (type)
        {
            case "Sequence":
                scope.AllowOnly("type", "pretokenizers");
                foreach (JsonScope item in scope.Get("pretokenizers").Items())
                    Add(item, all);
                break;
            case "ByteLevel":
                scope.AllowOnly("type", "add_prefix_space", "trim_offsets", "use_regex"); // trim_offsets does not touch the ids
                all.Add(new ByteLevelPreTokenizer(scope.Get("add_prefix_space").Flag(), scope.Flag("use_regex", whenMissing: true)));
                break;
            case "Metaspace":
                scope.AllowOnly("type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep");
                all.Add(new MetaspacePreTokenizer(
                    scope.Get("replacement").Character(), ReadScheme(scope), scope.Flag("split", whenMissing: true)));
                break;
            case "Split":
                scope.AllowOnly("type", "pattern", "behavior", "invert");
                all.Add(new SplitPreTokenizer(
                    PatternReader.Read(scope.Get("pattern")), ReadBehavior(scope.Get("behavior")), scope.Get("invert").Flag()));
                break;
            case "Digits":
                scope.AllowOnly("type", "individual_digits");
                bool individual = scope.Get("individual_digits").Flag();
                all.Add(SplitAt(static c => CharacterClasses.IsIn(c, CharacterClasses.Numbers),
                    individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
                break;
            case "Punctuation":
                scope.AllowOnly("type", "behavior");
                all.Add(SplitAt(IsPunctuation, scope.Find("behavior") is { } behavior ? ReadBehavior(behavior) : SplitBehavior.Isolated));
                break;
            case "Whitespace":
                scope.AllowOnly("type");
                all.Add(new WordsPreTokenizer());
                break;
            case "WhitespaceSplit":
                scope.AllowOnly("type");
                all.Add(SplitAt(CharacterClasses.IsWhiteSpace, SplitBehavior.Removed));
                break;
            default:
                throw scope.Unsupported($"the pre-tokenizer {type}");
        }
    }

    private static SplitPreTokenizer SplitAt(Predicate<int> accepts, SplitBehavior behavior) =>
        new(new CharacterPattern(accepts), behavior, invert: false);

    private static bool IsPunctuation(int c) =>
        c < 0x80 ? c is > ' ' and < 0x7F && !char.IsAsciiLetterOrDigit((char)c) : CharacterClasses.IsIn(c, CharacterClasses.Punctuation);

    private static SplitBehavior ReadBehavior(JsonScope scope) => scope.Text() switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        string other => throw scope.Unsupported($"the value '{other}'"),
    };
}
