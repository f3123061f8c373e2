using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>
/// Mechanisms of factual recall (Lv et al. 2024, arXiv 2403.19521) on one task: which heads and MLPs make the answer, which
/// heads move the topic, how MLPs weigh heads, and whether the last block holds the answer down.
/// </summary>
public static class RecallStudy
{
    private const int UnrelatedCount = 32;

    /// <summary>Runs it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="corrupted">Token ids of corrupted prompts.</param>
    /// <param name="options">How.</param>
    /// <exception cref="WeirException">The model's residual is no sum of its components.</exception>
    public static RecallResult Run(Model model, IReadOnlyList<FactPrompt> prompts, IReadOnlyList<IReadOnlyList<int>> corrupted, RecallOptions options)
    {
        int layers = model.Spec.Layers;
        if (options.Mlp is { } asked && (uint)asked >= (uint)layers)
        {
            throw new WeirException($"There is no MLP {asked}: the model has layers 0 to {layers - 1}.");
        }

        int[] answers = [.. prompts.Select(p => p.AnswerId)], topics = [.. prompts.Select(p => p.TopicId)], items = [.. prompts.Select(p => p.Item)];
        IReadOnlyList<int>[] tokens = [.. prompts.Select(p => p.Tokens)];
        using EndStates clean = new(model, tokens), put = new(model, corrupted);
        var unembedding = new Unembedding(model);
        LogitDirections value = options.Metric switch
        {
            RecallMetric.Answer => unembedding.Centred(answers),
            RecallMetric.Topic => unembedding.Centred(topics),
            _ => unembedding.Difference(answers, topics),
        };
        PathPatchingResult patching = options.TakesFourPasses
            ? new FourPasses(model, tokens, corrupted, value, options.FreezeMlps, options.Receivers).Run(options.Progress)
            : PathPatching.Run(model, clean, put, value, options.FreezeMlps, options.Progress);
        (int Layer, int Head)[] heads = [.. patching.Kept(1).Take(options.Movers).Select(k => (k.Layer, k.Head))];
        IReadOnlyList<MoverHead> movers = MoverHeads.Run(model, prompts, clean, unembedding, heads);
        var attribution = DirectAttribution.Run(model, clean, unembedding.Centred(answers));

        // One item's prompts alone are no task whose items a fit could be tested on.
        MlpRegressionResult[] fits = items.Distinct().Count() < 3 ? []
            : [.. Enumerable.Range(0, layers)
                .Where(l => l == options.Mlp || l == layers - 1 || l >= heads.Min(h => h.Layer))
                .Select(l => MlpRegression.Run(model, clean, items, l, options.Regression))];
        MlpRegressionResult? chosen = options.Mlp is { } mlp ? fits.FirstOrDefault(f => f.Layer == mlp)
            : fits.OrderByDescending(f => Math.Abs(patching.Change(patching.Mlps[f.Layer]))).FirstOrDefault();
        return new RecallResult(
            RecallBaseline.Read(model, clean, unembedding, answers), WithoutBegin(model, tokens, unembedding, answers),
            prompts.All(p => p.ContextId is not null) ? RecallBaseline.Read(model, clean, unembedding, [.. prompts.Select(p => p.ContextId!.Value)]) : null, value.Read(clean.Final), attribution, patching, movers,
            fits, [.. fits.Select(f => f.Fit.Intercept is { } b ? Intercept.Read(model, b, unembedding, answers) : null)], chosen,
            FinalLayer.Run(
                model, prompts, clean, unembedding, attribution, fits.FirstOrDefault(f => f.Layer == layers - 1), options.Regression,
                UnrelatedTexts.Draw(model, UnrelatedCount, options.Seed)));
    }

    private static RecallBaseline? WithoutBegin(Model model, IReadOnlyList<int>[] prompts, Unembedding unembedding, int[] answers)
    {
        if (!model.HasTokenizer || !prompts.All(p => p.Count > 1 && model.Tokenizer.IsSpecial(p[0])))
        {
            return null;
        }

        using var bare = new EndStates(model, [.. prompts.Select(p => p.Skip(1).ToArray())]);
        return RecallBaseline.Read(model, bare, unembedding, answers);
    }
}
