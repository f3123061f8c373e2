using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>What the model says at the end of prompts as it is.</summary>
/// <param name="Pi">[prompts]: pi of the answer.</param>
/// <param name="Probabilities">[prompts]: probability of the answer.</param>
/// <param name="Ranks">[prompts]: rank of the answer, 0 the first.</param>
/// <param name="Top">[prompts]: the first token.</param>
public sealed record RecallBaseline(double[] Pi, double[] Probabilities, int[] Ranks, int[] Top)
{
    /// <summary>Reads states.</summary>
    /// <param name="model">The model.</param>
    /// <param name="states">The prompts' states.</param>
    /// <param name="unembedding">The model's unembedding.</param>
    /// <param name="answers">Of each prompt, the answer.</param>
    public static RecallBaseline Read(Model model, EndStates states, Unembedding unembedding, IReadOnlyList<int> answers)
    {
        LensResult lens = LensReader.Read(model, [states.Final], new LensOptions { Entropy = false, Targets = [.. answers.Select(a => (int[])[a])] });
        return new RecallBaseline(
            unembedding.Centred(answers).Read(states.Final), [.. lens.TargetLogProbabilities.Select(l => Math.Exp(l))], lens.TargetRanks, lens.TopIds);
    }
}
