namespace Weir.Engine.Tokenizers;

/// <summary>Reads the added tokens.</summary>
internal static class AddedTokenReader
{
    /// <summary>The added tokens with the text each is sought by.</summary>
    public static List<(string Sought, AddedToken Token)> Read(
        JsonScope file, Dictionary<string, int> modelIds, Normalizer[] normalizers, int embeddingRows)
    {
        List<(string Sought, AddedToken Token)> tokens = [];
        if (file.Find("added_tokens") is not { } list)
            return tokens;
        Dictionary<int, string> pieces = modelIds.ToDictionary(static entry => entry.Value, static entry => entry.Key);
        Dictionary<string, AddedToken> known = new(StringComparer.Ordinal);
        HashSet<(string, bool)> sought = [];
        foreach (JsonScope item in list.Items())
        {
            AddedToken token = Read(item, embeddingRows);
            if (token.Content.Length == 0 || known.TryGetValue(token.Content, out AddedToken? same) && same == token)
                continue; // the reference passes over these too
            string owner = pieces.GetValueOrDefault(token.Id, token.Content);
            if (owner != token.Content)
            {
                throw item.Fail(TokenizerError.DuplicateToken,
                    $"the tokens '{owner}' and '{token.Content}' share the id {token.Id}; give each its own.");
            }
            if (!known.TryAdd(token.Content, token) || modelIds.TryGetValue(token.Content, out int id) && id != token.Id)
            {
                throw item.Fail(TokenizerError.DuplicateToken,
                    $"the token '{token.Content}' stands there twice, with different ids or settings; keep one.");
            }
            pieces[token.Id] = token.Content;

            int leading = 0;
            string text = token.Normalized ? AddedTokens.Normalize(normalizers, token.Content, ref leading) : token.Content;
            if (text.Length == 0)
                throw item.Unsupported($"the token '{token.Content}', of which normalizing leaves nothing");
            if (!sought.Add((text, token.Normalized)))
            {
                throw item.Fail(TokenizerError.DuplicateToken,
                    $"the token '{token.Content}' is the same as another one once normalized; keep one.");
            }
            tokens.Add((text, token));
        }
        return tokens;
    }

    private static AddedToken Read(JsonScope item, int embeddingRows)
    {
        item.AllowOnly("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
        string content = item.Get("content").Text();
        return new AddedToken(
            TokenizerReader.ReadId(item.Get("id"), content, embeddingRows),
            content,
            item.Get("single_word").Flag(),
            item.Get("lstrip").Flag(),
            item.Get("rstrip").Flag(),
            item.Get("normalized").Flag(),
            item.Get("special").Flag());
    }
}
