namespace Weir.Engine.Tokenizers;

/// <summary>Reads which special tokens the post-processor puts around a text.</summary>
internal static class PostProcessorReader
{
    public static SpecialTokenTemplate Read(JsonScope? postProcessor, Vocabulary vocabulary)
    {
        List<SpecialTokenTemplate> templates = [];
        if (postProcessor is { } scope)
            Add(scope, vocabulary, templates);
        return templates.Count switch
        {
            0 => SpecialTokenTemplate.TextOnly,
            1 => templates[0],
            _ => throw postProcessor!.Value.Unsupported("more than one post-processor that adds tokens"),
        };
    }

    private static void Add(JsonScope scope, Vocabulary vocabulary, List<SpecialTokenTemplate> templates)
    {
        string type = scope.Get("type").Text();
        switch (type)
        {
            case "Sequence":
                scope.AllowOnly("type", "processors");
                foreach (JsonScope item in scope.Get("processors").Items())
                    Add(item, vocabulary, templates);
                break;
            case "ByteLevel":
                scope.AllowOnly("type", "add_prefix_space", "trim_offsets", "use_regex"); // moves offsets, which Weir does not give
                break;
            case "TemplateProcessing":
                scope.AllowOnly("type", "single", "pair", "special_tokens");
                JsonScope tokens = scope.Get("special_tokens");
                templates.Add(new([.. scope.Get("single").Items().Select(item => ReadPart(item, tokens, vocabulary))]));
                break;
            case "RobertaProcessing" or "BertProcessing":
                scope.AllowOnly("type", "sep", "cls", "trim_offsets", "add_prefix_space");
                templates.Add(new([ReadPair(scope.Get("cls"), vocabulary), null, ReadPair(scope.Get("sep"), vocabulary)]));
                break;
            default:
                throw scope.Unsupported($"the post-processor {type}");
        }
    }

    /// <summary>A part of a template: ids, or null for the text.</summary>
    private static int[]? ReadPart(JsonScope part, JsonScope specialTokens, Vocabulary vocabulary)
    {
        part.AllowOnly("Sequence", "SpecialToken");
        if (part.Find("Sequence") is { } sequence)
        {
            string which = sequence.Get("id").Text();
            return which == "A" ? null : throw sequence.Invalid("the sequence A, the only one there is");
        }
        string name = part.Get("SpecialToken").Get("id").Text();
        JsonScope token = specialTokens.Get(name);
        return [.. token.Get("ids").Items().Select(id => CheckId(id, name, vocabulary))];
    }

    /// <summary>A token as <c>["&lt;s&gt;", 0]</c>.</summary>
    private static int[] ReadPair(JsonScope pair, Vocabulary vocabulary)
    {
        JsonScope[] items = [.. pair.Items()];
        return items.Length == 2 ? [CheckId(items[1], items[0].Text(), vocabulary)] : throw pair.Invalid("a token and its id");
    }

    private static int CheckId(JsonScope value, string name, Vocabulary vocabulary)
    {
        int id = value.Integer();
        return vocabulary.Piece(id) is not null
            ? id
            : throw value.Fail(TokenizerError.SpecialTokenMismatch,
                $"the post-processor adds the token '{name}' as id {id}, which is not in the vocabulary; add it to the added tokens.");
    }
}
