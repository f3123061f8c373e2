using Weir.Analysis.Neurons;
using Weir.Engine;
using Weir.Engine.Generation;

namespace Weir.Cli.Neurons;

/// <summary>
/// The texts on which an edit is measured. Where the concept comes next, its first token counts; where it is asked about,
/// the first token of what the unedited model says.
/// </summary>
/// <param name="all">The texts, the trigger first where there is one.</param>
internal sealed class EditTexts(IReadOnlyList<EditText> all)
{
    private const int MostTokens = 6;

    /// <summary>The texts.</summary>
    public IReadOnlyList<EditText> All => all;

    /// <summary>The text that makes the model name the concept.</summary>
    public EditText Trigger => all[0];

    /// <summary>Encodes them on the model as it is.</summary>
    public static EditTexts Read(Model model, string? word, string? prompt, IReadOnlyList<(string Language, string Text)> translations, string[] reverse)
    {
        var texts = new List<EditText>();
        void Add(string text, string direction, string language, int? token)
        {
            int[] ids = model.Encode(text);
            texts.Add(new EditText(text, direction, language, ids, token ?? NextToken.Greedy(model, [ids])[0]));
        }

        if (word is not null)
        {
            Add(prompt!, "forward", "", ConceptToken.First(model, word));
        }

        foreach ((string language, string text) in translations)
        {
            Add(text, "forward", language, texts[0].Token);
        }

        foreach (string text in reverse)
        {
            Add(text, "reverse", "", null);
        }

        return new EditTexts(texts);
    }

    /// <summary>Measures without the edits.</summary>
    public void MeasureBefore(Model model) => Measure(model, (t, p, c) => (t.Before, t.ContinuationBefore) = (p, c));

    /// <summary>Measures with the edits.</summary>
    public void MeasureAfter(Model model) => Measure(model, (t, p, c) => (t.After, t.ContinuationAfter) = (p, c));

    /// <summary>True where every probability is what it was, bit for bit.</summary>
    public bool AreAsBefore(Model model)
    {
        bool same = true;
        Measure(model, (t, p, c) => same &= p == t.Before && c == t.ContinuationBefore);
        return same;
    }

    private void Measure(Model model, Action<EditText, double, string> take)
    {
        if (all.Count == 0)
        {
            return;
        }

        int[][] ids = [.. all.Select(t => t.Ids)];
        double[] p = NextToken.Probabilities(model, ids, [.. all.Select(t => t.Token)]);
        string[] texts = new string[all.Count];
        foreach (GeneratedToken token in Generator.Stream(model, ids, new GenerationOptions { MaxTokens = MostTokens }))
        {
            texts[token.Sequence] += token.Text;
        }

        for (int i = 0; i < all.Count; i++)
        {
            take(all[i], p[i], texts[i] ?? "");
        }
    }
}
