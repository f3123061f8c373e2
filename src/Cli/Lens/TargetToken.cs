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
        if (Id(model, text, $"--target {text}") is { } id)
        {
            return id;
        }

        ITokenizer tokenizer = model.Tokenizer;
        int[] ids = tokenizer.Encode(text, addSpecialTokens: false);
        if (ids.Length == 1 || tokenizer.IdOf(text) is not null)
        {
            return ids.Length == 1 ? ids[0] : tokenizer.IdOf(text)!.Value;
        }

        if (ids.Length == 0)
        {
            throw new UsageException("--target needs a token, not an empty text.");
        }

        string spaced = $" {text}";
        string advice = tokenizer.Encode(spaced, addSpecialTokens: false).Length == 1
            ? $"with the space before it, '{spaced}', it is one"
            : $"name one of them, such as id:{ids[0]}";
        throw new WeirException($"--target '{text}' is {ids.Length} tokens ({string.Join(' ', ids.Take(6).Select(i => TokenText.Of(tokenizer, i)))}); {advice}.");
    }

    /// <summary>The id that id:312 names; null for a text that names none.</summary>
    /// <param name="model">Whose vocabulary.</param>
    /// <param name="text">What the user typed.</param>
    /// <param name="shown">How errors call it.</param>
    public static int? Id(Model model, string text, string shown)
    {
        if (!text.StartsWith("id:", StringComparison.Ordinal) || !int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
        {
            return null;
        }

        return id < model.Spec.VocabularySize ? id : throw new WeirException($"{shown} is outside the vocabulary of {model.Spec.VocabularySize} tokens.");
    }
}
