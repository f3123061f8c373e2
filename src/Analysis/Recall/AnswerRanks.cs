using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>Where the model puts answers. A row whose logits are not numbers has NaN for all of it, not a rank among them.</summary>
/// <param name="Probabilities">[prompts]: probability of the answer.</param>
/// <param name="Ranks">[prompts]: rank of the answer, 0 the first.</param>
/// <param name="Top">[prompts]: the first token; -1 where there is none.</param>
public sealed record AnswerRanks(double[] Probabilities, double[] Ranks, int[] Top)
{
    /// <summary>[prompts]: 1 where the answer is the first token, else 0.</summary>
    public double[] First => [.. Ranks.Select(r => double.IsNaN(r) ? double.NaN : r == 0 ? 1 : 0)];

    /// <summary>Reads residuals behind the last block.</summary>
    /// <param name="model">The model.</param>
    /// <param name="residuals">F32 [prompts, d].</param>
    /// <param name="answers">Of each prompt, the answer.</param>
    public static AnswerRanks Read(Model model, Tensor residuals, IReadOnlyList<int> answers)
    {
        LensResult lens = LensReader.Read(model, [residuals], new LensOptions { Entropy = false, Targets = [.. answers.Select(a => (int[])[a])] });
        double[] p = [.. lens.TargetLogProbabilities.Select(l => Math.Exp(l))];
        return new AnswerRanks(
            p,
            [.. lens.TargetRanks.Select((rank, n) => double.IsFinite(p[n]) ? rank : double.NaN)],
            [.. lens.TopIds.Select((id, n) => double.IsFinite(p[n]) ? id : -1)]);
    }
}
