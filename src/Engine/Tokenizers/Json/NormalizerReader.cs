namespace Weir.Engine.Tokenizers;

/// <summary>Reads the normalizers; a sequence becomes its members.</summary>
internal static class NormalizerReader
{
    public static Normalizer[] Read(JsonScope? normalizer)
    {
        List<Normalizer> all = [];
        if (normalizer is { } scope)
            Add(scope, all);
        return [.. all];
    }

    private static void Add(JsonScope scope, List<Normalizer> all)
    {
        string type = scope.Get("type").Text();
        switch (type)
        {
            case "Sequence":
                scope.AllowOnly("type", "normalizers");
                foreach (JsonScope item in scope.Get("normalizers").Items())
                    Add(item, all);
                break;
            case "NFC" or "NFD" or "NFKC" or "NFKD":
                scope.AllowOnly("type");
                all.Add(new UnicodeNormalizer(Enum.Parse<NormalizationForm>(type[2..])));
                break;
            case "Lowercase":
                scope.AllowOnly("type");
                all.Add(new LowercaseNormalizer());
                break;
            case "Strip":
                scope.AllowOnly("type", "strip_left", "strip_right");
                all.Add(new StripNormalizer(scope.Get("strip_left").Flag(), scope.Get("strip_right").Flag()));
                break;
            case "Prepend":
                scope.AllowOnly("type", "prepend");
                all.Add(new PrependNormalizer(scope.Get("prepend").Text()));
                break;
            case "Replace":
                scope.AllowOnly("type", "pattern", "content");
                all.Add(new ReplaceNormalizer(PatternReader.Read(scope.Get("pattern")), scope.Get("content").Text()));
                break;
            case "ByteLevel":
                scope.AllowOnly("type");
                all.Add(new ByteLevelNormalizer());
                break;
            default:
                throw scope.Unsupported($"the normalizer {type}");
        }
    }
}
