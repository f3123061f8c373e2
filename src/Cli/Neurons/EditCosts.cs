using Weir.Analysis.Neurons;
using Weir.Engine;

namespace Weir.Cli.Neurons;

/// <summary>
/// What an edit costs elsewhere: the divergence of next tokens on unrelated texts, and the accuracy on a task that has nothing
/// to do with the concept.
/// </summary>
internal sealed class EditCosts
{
    private const int Sentences = 64;

    private readonly TextDivergence _divergence;
    private readonly IReadOnlyList<int[]> _task;
    private readonly int[] _answers;

    /// <summary>Runs the texts on the model as it is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">The user's texts, or null for sentences of the task.</param>
    /// <param name="seed">Draws the sentences.</param>
    public EditCosts(Model model, string[]? texts, int seed)
    {
        IReadOnlyList<(string Text, string Answer)> drawn = IndirectObjects.Draw(model.Tokenizer, Sentences, seed);
        _task = [.. drawn.Select(s => model.Encode(s.Text))];
        _answers = [.. drawn.Select(s => model.Tokenizer.Encode(s.Answer, addSpecialTokens: false)[0])];
        UsesOwnTexts = texts is not null;
        IReadOnlyList<int[]> sequences = texts is null ? _task : TextWindows.Of(model, texts);
        _divergence = new TextDivergence(model, sequences);
        AccuracyBefore = Accuracy(model);
    }

    /// <summary>True where the texts are the user's.</summary>
    public bool UsesOwnTexts { get; }

    /// <summary>KL(before || with the edits) at every position, ascending.</summary>
    public double[] Divergences { get; private set; } = [];

    /// <summary>Share of the task's sentences that the model completes.</summary>
    public double AccuracyBefore { get; }

    /// <summary>And with the edits.</summary>
    public double AccuracyAfter { get; private set; }

    /// <summary>Sentences of the task; 0 where the tokenizer has not its names.</summary>
    public int TaskCount => _task.Count;

    /// <summary>Measures with the edits.</summary>
    public void Measure(Model model)
    {
        Divergences = _divergence.Measure();
        Array.Sort(Divergences);
        AccuracyAfter = Accuracy(model);
    }

    private double Accuracy(Model model) => _task.Count == 0 ? double.NaN
        : NextToken.Greedy(model, _task).Zip(_answers).Count(p => p.First == p.Second) / (double)_task.Count;
}
