using System.Globalization;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Tokenizers;
using Weir.Kernels;

namespace Weir.Cli.Lens;

/// <summary>Reads a token that the user names: id:312, a text that is one token, or a piece of the vocabulary.</summary>
internal static class TargetToken
{
    /// <summary>Its id.</summary>
    public static int Parse(Model model, string text)
    {
        if (text.StartsWith("id:", StringComparison.Ordinal) && int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
        {
            return id < model.Spec.VocabularySize ? id
                : throw new WeirException($"--target {text} is outside the vocabulary of {model.Spec.VocabularySize} tokens.");
        }

        ITokenizer tokenizer = model.Tokenizer;
        int[] ids = tokenizer.Encode(text, addSpecialTokens: false);
        return ids.Length == 1 ? ids[0]
            : tokenizer.IdOf(text)
            ?? throw new WeirException(ids.Length == 0
                ? "--target needs a token, not an empty text."
                : $"--target '{text}' is {ids.Length} tokens ({string.Join(' ', ids.Take(6).Select(i => TokenText.Of(tokenizer, i)))}); name one, often with the space before it, such as ' {text.Trim()}'.");
    }
}
