using Weir.Cli.Lens;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Tokenizers;
using Weir.Kernels;

namespace Weir.Cli.Neurons;

/// <summary>
/// The token of a word: with a space before it, as it stands within a text. A word of several tokens is refused, since the
/// first of them is another word's too.
/// </summary>
internal static class ConceptToken
{
    /// <summary>Reads a word, or id:312.</summary>
    public static int Parse(Model model, string word)
    {
        if (TargetToken.Id(model, word, word) is { } id)
        {
            return id;
        }

        ITokenizer tokenizer = model.Tokenizer;
        string text = Spaced(word);
        int[] ids = tokenizer.Encode(text, addSpecialTokens: false);
        if (ids.Length == 1)
        {
            return ids[0];
        }

        string tokens = string.Join(' ', ids.Select(i => $"{TokenText.Of(tokenizer, i)} = id:{Text.Of(i)}"));
        int[] bare = tokenizer.Encode(word.TrimStart(), addSpecialTokens: false);
        string advice = bare.Length == 1 ? $"without its space it is one, id:{Text.Of(bare[0])}" : "choose a word that is one token, or name a token by its id";
        throw new WeirException($"'{text}' is {ids.Length} tokens ({tokens}), but a neuron stands for single tokens; {advice}.");
    }

    /// <summary>The first token of a word, or id:312; for names that are recognised by how they begin.</summary>
    public static int First(Model model, string word) =>
        word.StartsWith("id:", StringComparison.Ordinal) ? Parse(model, word) : model.Tokenizer.Encode(Spaced(word), addSpecialTokens: false)[0];

    private static string Spaced(string word) => word.Trim().Length == 0 ? throw new UsageException("A word is missing.")
        : word.StartsWith(' ') ? word : $" {word}";
}
