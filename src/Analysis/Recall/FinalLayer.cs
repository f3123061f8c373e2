using System.Numerics.Tensors;
using Weir.Analysis.Statistics;
using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Engine.Weights;
using Weir.Kernels;
using Tensor = Weir.Kernels.Tensor;

namespace Weir.Analysis.Recall;

/// <summary>
/// Whether the last block holds right answers down (Lv et al. 2024, arXiv 2403.19521: anti-overconfidence), by direct
/// attribution, and four ways to undo it. The paper's own way is not known to us; these are ours.
/// </summary>
public static class FinalLayer
{
    /// <summary>Strengths of the MLP's scaling.</summary>
    public static IReadOnlyList<float> Lambdas { get; } = [0, 0.25f, 0.5f, 0.75f, 1];

    /// <summary>Measures the block and its mitigations.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="states">Their states.</param>
    /// <param name="unembedding">The model's unembedding.</param>
    /// <param name="answer">Attribution of pi of the answers.</param>
    /// <param name="fit">Regression of the last MLP, or null to leave that mitigation out.</param>
    /// <param name="unrelated">Token ids of texts that the task has nothing to do with.</param>
    public static FinalLayerResult Run(
        Model model, IReadOnlyList<FactPrompt> prompts, EndStates states, Unembedding unembedding, DirectAttribution answer, MlpRegressionResult? fit,
        IReadOnlyList<IReadOnlyList<int>> unrelated)
    {
        int layer = model.Spec.Layers - 1;
        var byItem = new ItemResampling([.. prompts.Select(p => p.Item)]);
        int[] top = LensReader.Read(model, [states.Final], new LensOptions { Entropy = false }).TopIds;
        var first = DirectAttribution.Run(model, states, unembedding.Centred(top));
        (Estimate[] heads, Estimate mlp, Estimate all) = Block(answer, layer, byItem);
        (Estimate[] topHeads, Estimate topMlp, Estimate topAll) = Block(first, layer, byItem);
        int[] suppressing = [.. Enumerable.Range(0, heads.Length).Where(h => heads[h].Mean < 0)];

        float[] direction = LogitDirections.Back(model.Vectors.FinalNorm, [.. unembedding.Mean]).Rows;
        var block = new LastBlock(model, direction);
        using var others = new EndStates(model, unrelated, everyPosition: true);
        List<(Mitigation? Kind, float Lambda)> plan = [(null, 0), .. Lambdas.Select(l => ((Mitigation?)Mitigation.Mlp, l)), (Mitigation.Heads, 0.5f), (Mitigation.Heads, 1), (Mitigation.Unigram, 1)];
        if (fit?.Fit.Gamma is not null)
        {
            plan.Add((Mitigation.Regression, 1));
        }

        return new FinalLayerResult(heads, mlp, all, topHeads, topMlp, topAll, suppressing, [.. plan.Select(p => Row(p.Kind, p.Lambda))]);

        MitigationRow Row(Mitigation? kind, float lambda)
        {
            using var memory = new Arena(model.Device);
            Tensor Changed(EndStates of) => kind is { } k ? block.Run(of, k, lambda, suppressing, fit, memory) : of.Final;
            LensResult read = LensReader.Read(model, [Changed(states)], new LensOptions { Entropy = false, Targets = [.. prompts.Select(p => (int[])[p.AnswerId])] });
            LensResult cost = LensReader.Read(model, [others.Final, Changed(others)], new LensOptions { Entropy = false, TopK = 0, Divergence = true });
            double[] texts = [.. Enumerable.Range(0, others.Count).GroupBy(r => others.RowPrompts[r]).Select(g => g.Average(r => (double)cost.Divergence[r]))];
            return new MitigationRow(
                kind, lambda,
                byItem.Mean([.. read.TargetLogProbabilities.Select(l => Math.Exp(l))]),
                Bootstrap.Quantile([.. read.TargetRanks.Select(r => (double)r)], 0.5),
                byItem.Mean([.. read.TargetRanks.Select(r => r == 0 ? 1.0 : 0)]),
                Bootstrap.Mean(texts));
        }
    }

    private static (Estimate[] Heads, Estimate Mlp, Estimate All) Block(DirectAttribution attribution, int layer, ItemResampling byItem)
    {
        AttributionPart[] heads = [.. attribution.Parts.Where(p => p.Kind == AttributionKind.Head && p.Layer == layer)];
        AttributionPart mlp = attribution.Mlp(layer);
        AttributionPart[] bias = [.. attribution.Parts.Where(p => p.Kind == AttributionKind.AttentionBias && p.Layer == layer)];
        double[] sum = [.. mlp.Values.Select((v, n) => v + heads.Concat(bias).Sum(h => h.Values[n]))];
        return ([.. heads.Select(h => byItem.Mean(h.Values))], byItem.Mean(mlp.Values), byItem.Mean(sum));
    }
}
