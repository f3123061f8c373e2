using Weir.Analysis.Neurons;
using Weir.Engine;

namespace Weir.Analysis.Recall;

/// <summary>Texts that have nothing to do with facts, for what a mitigation costs.</summary>
public static class UnrelatedTexts
{
    /// <summary>Draws texts.</summary>
    /// <param name="model">Whose tokenizer.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Draws them.</param>
    /// <returns>Token ids of each.</returns>
    public static IReadOnlyList<int[]> Draw(Model model, int count, int seed)
    {
        string[] texts = [.. IndirectObjects.Draw(model.Tokenizer, count, seed).Select(t => t.Text)];
        return [.. (texts.Length > 0 ? texts : [.. CarrierPrompts.All]).Select(model.Encode)];
    }
}
