namespace Weir.Engine.Tokenizers;

/// <summary>Reads the decoder as a chain of steps.</summary>
internal static class DecoderReader
{
    public static IReadOnlyList<Func<DecodeStep>> Read(JsonScope? decoder)
    {
        if (decoder is not { } scope)
            return [static () => new JoinStep()];
        List<Func<DecodeStep>> steps = [];
        Add(scope, steps);
        return steps;
    }

    private static void Add(JsonScope scope, List<Func<DecodeStep>> steps)
    {
        string type = scope.Get("type").Text();
        switch (type)
        {
            case "Sequence":
                scope.AllowOnly("type", "decoders");
                foreach (JsonScope item in scope.Get("decoders").Items())
                    Add(item, steps);
                break;
            case "ByteLevel":
                scope.AllowOnly("type", "add_prefix_space", "trim_offsets", "use_regex"); // none of them touches decoding
                steps.Add(static () => new ByteLevelStep());
                break;
            case "ByteFallback":
                scope.AllowOnly("type");
                steps.Add(static () => new ByteFallbackStep());
                break;
            case "Fuse":
                scope.AllowOnly("type");
                steps.Add(static () => new FuseStep());
                break;
            case "Metaspace":
                scope.AllowOnly("type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep");
                char mark = scope.Get("replacement").Character();
                bool drop = PreTokenizerReader.ReadScheme(scope) != PrependScheme.Never;
                steps.Add(() => new MetaspaceStep(mark, drop));
                break;
            case "Replace":
                AddReplace(scope, steps);
                break;
            case "Strip":
                AddStrip(scope, steps);
                break;
            default:
                throw scope.Unsupported($"the decoder {type}");
        }
    }

    private static void AddReplace(JsonScope scope, List<Func<DecodeStep>> steps)
    {
        scope.AllowOnly("type", "pattern", "content");
        string content = scope.Get("content").Text();
        Pattern pattern = PatternReader.Read(scope.Get("pattern"));
        if (scope.Get("pattern").Find("String")?.Text() is { Length: 1 } single)
            steps.Add(() => new ReplaceCharacterStep(single[0], content));
        else
            steps.Add(() => new ReplaceStep(pattern, content));
    }

    private static void AddStrip(JsonScope scope, List<Func<DecodeStep>> steps)
    {
        scope.AllowOnly("type", "content", "start", "stop");
        char character = scope.Get("content").Character();
        int start = scope.Get("start").Integer();
        int stop = scope.Get("stop").Integer();
        if (start < 0 || stop < 0)
            throw scope.Invalid("a Strip of a non-negative 'start' and 'stop'");
        if (start > 0)
            steps.Add(() => new StripLeftStep(character, start));
        if (stop > 0)
            steps.Add(() => new StripRightStep(character, stop));
    }
}
