using Weir.Engine;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Analysis.Depth;

/// <summary>
/// What later layers, and the output, owe to an earlier layer: layer s is left out, the change runs on, and every later
/// layer's contribution is compared with what it was (Csordas et al. 2025, arXiv 2505.13898). All variants of all
/// prompts advance as one wave. Layers count from 0.
/// </summary>
public sealed class SkipEffects
{
    private readonly Dictionary<(SkippedPart, SkipReach), (SampleTable Layers, SampleTable Outputs)> _tables = [];

    private SkipEffects(int prompts, int layers, SkipOptions options)
    {
        foreach (SkippedPart part in options.Parts)
        {
            foreach (SkipReach reach in options.Reaches)
            {
                _tables.Add((part, reach), (new SampleTable(prompts, layers, layers, options.OnlyMaxima), new SampleTable(prompts, layers, 1, options.OnlyMaxima)));
            }
        }
    }

    /// <summary>What was left out where.</summary>
    public IEnumerable<(SkippedPart Part, SkipReach Reach)> Measured => _tables.Keys;

    /// <summary>
    /// E[s, l] = |c_l - c'_l| / max(|c_l|, 1e-6) at each measured position, with c_l what attention and MLP of layer l add to
    /// the residual together; [skipped layer s, layer l]. Without samples, hence 0, for l &lt; s.
    /// </summary>
    public SampleTable Of(SkippedPart part, SkipReach reach) => _tables[(part, reach)].Layers;

    /// <summary>O[s] = |p - p'|, the Euclidean distance of the next-token probabilities, at most sqrt 2; [skipped layer s, 1].</summary>
    public SampleTable OutputsOf(SkippedPart part, SkipReach reach) => _tables[(part, reach)].Outputs;

    /// <summary>Lays the waves out; runs nothing.</summary>
    public static SweepPlan Plan(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, SkipOptions options)
    {
        (_, Sweep sweep) = Describe(model, prompts, options);
        return sweep.Plan();
    }

    /// <summary>Runs the sweep.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids of each prompt.</param>
    /// <param name="options">What is measured.</param>
    /// <exception cref="WeirException">No prompt is long enough for any variant.</exception>
    public static SkipEffects Run(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, SkipOptions options)
    {
        (SkipEffects effects, Sweep sweep) = Describe(model, prompts, options);
        foreach (IReadOnlyList<SweepCell> _ in sweep.Run(progress: options.Progress))
        {
            // The metric has put what it measured into the tables.
        }

        return effects;
    }

    private static (SkipEffects Effects, Sweep Sweep) Describe(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, SkipOptions options)
    {
        int layers = model.Spec.Layers;
        int[] lengths = [.. prompts.Select(p => p.Count)];
        DepthModel.RequireContributions(model.Spec);
        Check(lengths, options);
        SkipVariant[] variants = SkipVariant.All(layers, lengths, options);
        var effects = new SkipEffects(prompts.Count, layers, options);
        var metric = new SkipMetric(variants, lengths, options, effects);
        return (effects, new Sweep(model, prompts, [.. variants.Select(v => v.ToVariant(lengths, options))], [metric]) { MostBytes = options.MostBytes });
    }

    /// <summary>Refuses options that measure nothing.</summary>
    internal static void Check(IReadOnlyList<int> lengths, SkipOptions o)
    {
        if (o.AllPositions && lengths.All(l => l <= o.FirstPosition))
        {
            throw new WeirException($"ShortPrompt: layers are left out from position {o.FirstPosition} on, and no prompt is longer than {o.FirstPosition} token(s); give a longer prompt, or leave them out earlier.");
        }

        if (o.Splits is { } splits)
        {
            if (splits.Count != lengths.Count || splits.Where((s, p) => s.Any(t => t <= o.FirstPosition || t >= lengths[p])).Any())
            {
                throw new WeirException($"InvalidSplit: each prompt needs a list of its own splits, each behind position {o.FirstPosition} and within the prompt.");
            }

            if (splits.All(s => s.Count == 0))
            {
                throw new WeirException($"ShortPrompt: no prompt has a split for the future variant behind position {o.FirstPosition}; give longer prompts, a smaller step between splits, or leave layers out earlier.");
            }
        }
    }
}
