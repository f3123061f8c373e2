using Weir.Analysis.Statistics;
using Weir.Engine;
using Weir.Engine.Lens;

namespace Weir.Analysis.Recall;

/// <summary>
/// Whether the last block holds right answers down (Lv et al. 2024, arXiv 2403.19521: anti-overconfidence), by direct
/// attribution, and four ways to undo it. The paper's own way is not known to us; these are ours. What they choose, heads
/// and a regression, is chosen by some items and scored on others.
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
    /// <param name="options">The folds, which must be those of <paramref name="fit"/>.</param>
    /// <param name="unrelated">Token ids of texts that the task has nothing to do with.</param>
    public static FinalLayerResult Run(
        Model model, IReadOnlyList<FactPrompt> prompts, EndStates states, Unembedding unembedding, DirectAttribution answer, MlpRegressionResult? fit,
        MlpRegressionOptions options, IReadOnlyList<IReadOnlyList<int>> unrelated)
    {
        int layer = model.Spec.Layers - 1;
        var byItem = new ItemResampling([.. prompts.Select(p => p.Item)]);
        int[] top = LensReader.Read(model, [states.Final], new LensOptions { Entropy = false }).TopIds;
        var first = DirectAttribution.Run(model, states, unembedding.Centred(top));
        (Estimate[] heads, Estimate mlp, Estimate all) = Block(answer, layer, byItem);
        (Estimate[] topHeads, Estimate topMlp, Estimate topAll) = Block(first, layer, byItem);
        FinalFold[] folds = [.. byItem.Folds(options).Select((held, f) => Fold(prompts, byItem, held, answer, layer, fit is null ? null : fit with { Fit = fit.FoldFits[f] }))];

        float[] direction = LogitDirections.Back(model.Vectors.FinalNorm, [.. unembedding.Mean]).Rows;
        using var others = new EndStates(model, unrelated, everyPosition: true);
        var scores = new MitigationScores(model, prompts, states, others, new LastBlock(model, direction), folds);
        List<(Mitigation? Kind, float Lambda)> plan = [(null, 0), .. Lambdas.Select(l => ((Mitigation?)Mitigation.Mlp, l)), (Mitigation.Unigram, 1)];
        if (folds.Length > 0)
        {
            plan.AddRange([(Mitigation.Heads, 0.5f), (Mitigation.Heads, 1)]);
            plan.AddRange(folds.All(f => f.Fit is not null) ? [(Mitigation.Regression, 1)] : []);
        }

        return new FinalLayerResult(heads, mlp, all, topHeads, topMlp, topAll, folds, [.. plan.Select(p => scores.Row(p.Kind, p.Lambda))]);
    }

    private static FinalFold Fold(
        IReadOnlyList<FactPrompt> prompts, ItemResampling byItem, int[] held, DirectAttribution answer, int layer, MlpRegressionResult? fit)
    {
        int[] choose = [.. byItem.Rows.Where((_, item) => !held.Contains(item)).SelectMany(rows => rows)];
        int[] heads = [.. Heads(answer, layer).Where(h => Bootstrap.Average(choose.Select(n => h.Values[n])) < 0).Select(h => h.Head)];
        return new FinalFold([.. held.Select(item => prompts[byItem.Rows[item][0]].Item)], heads, fit?.Fit.Gamma is null ? null : fit);
    }

    private static (Estimate[] Heads, Estimate Mlp, Estimate All) Block(DirectAttribution attribution, int layer, ItemResampling byItem)
    {
        AttributionPart[] heads = [.. Heads(attribution, layer)];
        AttributionPart mlp = attribution.Mlp(layer);
        AttributionPart[] bias = [.. attribution.Parts.Where(p => p.Kind == AttributionKind.AttentionBias && p.Layer == layer)];
        double[] sum = [.. mlp.Values.Select((v, n) => v + heads.Concat(bias).Sum(h => h.Values[n]))];
        return ([.. heads.Select(h => byItem.Mean(h.Values))], byItem.Mean(mlp.Values), byItem.Mean(sum));
    }

    private static IEnumerable<AttributionPart> Heads(DirectAttribution attribution, int layer) =>
        attribution.Parts.Where(p => p.Kind == AttributionKind.Head && p.Layer == layer);
}
