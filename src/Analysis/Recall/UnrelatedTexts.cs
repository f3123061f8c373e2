using Weir.Analysis.Neurons;
using Weir.Engine;

namespace Weir.Analysis.Recall;

/// <summary>Texts that have nothing to do with facts, for what a mitigation costs.</summary>
public static class UnrelatedTexts
{
    private const int RandomLength = 16;

    /// <summary>Draws texts.</summary>
    /// <param name="model">Whose tokenizer.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Draws them.</param>
    /// <returns>Token ids of each; of a model without a tokenizer, ids drawn at random.</returns>
    public static IReadOnlyList<int[]> Draw(Model model, int count, int seed)
    {
        if (!model.HasTokenizer)
        {
            var random = new Random(seed);
            int length = Math.Min(RandomLength, model.Spec.ContextLength);
            return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(_ => random.Next(model.Spec.VocabularySize)).ToArray())];
        }

        string[] texts = [.. IndirectObjects.Draw(model.Tokenizer, count, seed).Select(t => t.Text)];
        return [.. (texts.Length > 0 ? texts : [.. CarrierPrompts.All]).Select(model.Encode)];
    }
}
