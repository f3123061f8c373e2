using Weir.Engine;

namespace Weir.Analysis.Recall;

/// <summary>What the model says at the end of prompts as it is.</summary>
/// <param name="Pi">[prompts]: pi of the answer.</param>
/// <param name="Answers">Where the model puts the answer.</param>
public sealed record RecallBaseline(double[] Pi, AnswerRanks Answers)
{
    /// <summary>Reads states.</summary>
    /// <param name="model">The model.</param>
    /// <param name="states">The prompts' states.</param>
    /// <param name="unembedding">The model's unembedding.</param>
    /// <param name="answers">Of each prompt, the answer.</param>
    public static RecallBaseline Read(Model model, EndStates states, Unembedding unembedding, IReadOnlyList<int> answers) =>
        new(unembedding.Centred(answers).Read(states.Final), AnswerRanks.Read(model, states.Final, answers));
}
