using System.Text.Json;

namespace Weir.Engine.Tokenizers;

/// <summary>Reads the model, which must be BPE.</summary>
internal static class ModelReader
{
    public static Dictionary<string, int> ReadVocabulary(JsonScope model, int embeddingRows)
    {
        // Old files do not say the type; only BPE has merges.
        string type = model.Find("type") is { } stated ? stated.Text() : model.Find("merges") is null ? "of no stated type" : "BPE";
        if (type != "BPE")
            throw model.Unsupported($"a model {type} instead of BPE");
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        Dictionary<int, string> pieces = [];
        foreach ((string piece, JsonScope value) in model.Get("vocab").Properties())
        {
            int id = TokenizerReader.ReadId(value, piece, embeddingRows);
            if (!pieces.TryAdd(id, piece))
            {
                throw value.Fail(TokenizerError.DuplicateToken,
                    $"the tokens '{pieces[id]}' and '{piece}' share the id {id}; give each its own.");
            }
            ids.Add(piece, id);
        }
        return ids;
    }

    public static BpeModel Read(JsonScope model, Dictionary<string, int> ids)
    {
        model.AllowOnly("type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
            "byte_fallback", "ignore_merges", "vocab", "merges");
        if (model.Find("dropout") is { } dropout &&
            !(dropout.Element.ValueKind == JsonValueKind.Number && dropout.Element.GetDouble() == 0))
            throw model.Unsupported("'dropout'");
        foreach (string name in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Find(name) is { } affix && affix.Text().Length > 0)
                throw model.Unsupported($"'{name}'");
        }
        int unknown = -1;
        if (model.Find("unk_token") is { } token && !ids.TryGetValue(token.Text(), out unknown))
        {
            throw token.Fail(TokenizerError.SpecialTokenMismatch,
                $"the unknown token '{token.Text()}' is not in the model's vocabulary; add it there.");
        }
        return new BpeModel(ids, ReadMerges(model.Get("merges"), ids), new(
            unknown,
            model.Flag("fuse_unk", whenMissing: false),
            model.Flag("byte_fallback", whenMissing: false),
            model.Flag("ignore_merges", whenMissing: false)));
    }

    private static List<(string Left, string Right, int Merged)> ReadMerges(JsonScope merges, Dictionary<string, int> ids)
    {
        List<(string, string, int)> read = [];
        foreach (JsonScope merge in merges.Items())
        {
            string[] pair;
            if (merge.Element.ValueKind == JsonValueKind.Array)
            {
                pair = [.. merge.Items().Select(static item => item.Text())];
            }
            else
            {
                string text = merge.Text();
                if (text.StartsWith("#version", StringComparison.Ordinal)) // the heading of a merges.txt
                    continue;
                pair = text.Split(' ');
            }
            if (pair.Length != 2 || pair[0].Length == 0 || pair[1].Length == 0)
                throw merge.Invalid("a pair of tokens");
            if (!ids.ContainsKey(pair[0]) || !ids.ContainsKey(pair[1]) || !ids.TryGetValue(pair[0] + pair[1], out int merged))
                throw merge.Invalid($"a merge of the vocabulary's tokens ('{pair[0]}' and '{pair[1]}')");
            read.Add((pair[0], pair[1], merged));
        }
        return read;
    }
}
