using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Analysis.Depth;

/// <summary>
/// Until which layer a token's own residual is needed: at boundary l (the input of layer l; L is behind the last) the residual
/// of one token is overwritten by one that tells nothing, and the change of the answer's distributions is measured (Csordas et
/// al. 2025, arXiv 2505.13898). The mean written at a boundary is the mean of that same boundary.
/// </summary>
public static class ResidualErasure
{
    /// <summary>A residual that tells nothing, for each boundary: the mean over tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids of each prompt.</param>
    /// <param name="positions">
    /// Positions that count: all in the paper; 1..^1 of a single counterfactual example where the model was trained from scratch.
    /// </param>
    /// <returns>[L + 1][d].</returns>
    /// <exception cref="WeirException">No position of any prompt counts.</exception>
    public static float[][] Means(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, Range positions)
    {
        int layers = model.Spec.Layers, width = model.Spec.Width;
        double[][] sums = [.. Enumerable.Range(0, layers + 1).Select(_ => new double[width])];
        long count = 0;
        foreach (IReadOnlyList<int> prompt in prompts)
        {
            int first = Math.Clamp(positions.Start.GetOffset(prompt.Count), 0, prompt.Count);
            int end = Math.Clamp(positions.End.GetOffset(prompt.Count), first, prompt.Count);
            count += end - first;
            using ForwardResult run = model.Forward(prompt, new HookSet().Capture(Site.ResidualPre[0], Site.ResidualPost.AllLayers), new ForwardOptions { Logits = LogitRows.None });
            for (int l = 0; l <= layers; l++)
            {
                Tensor residual = run[l == 0 ? Site.ResidualPre[0] : Site.ResidualPost[l - 1]];
                StateRows.AccumulateRows(model.Device.Read<float>(residual).AsSpan((first * width)..(end * width)), sums[l]);
            }
        }

        return count > 0
            ? [.. sums.Select(s => Array.ConvertAll(s, x => (float)(x / count)))]
            : throw new WeirException("ShortPrompt: no token is left to take the mean residual of; give longer prompts.");
    }

    /// <summary>Erases every token that the measured positions can see, at every boundary.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">The prompt, with its answer where it has one.</param>
    /// <param name="measured">Positions whose next-token distributions count.</param>
    /// <param name="replacement">What is written at boundary l over token t: [d].</param>
    /// <param name="mostBytes">Bytes of activations that may be held at once; 0 for the sweep's own choice.</param>
    /// <param name="progress">Told the fraction done; what it throws stops the work.</param>
    /// <returns>
    /// [L + 1, tokens up to the last measured position]: the largest |p - p'| over the measured positions. Nothing measured sees
    /// the tokens behind, so they have no column.
    /// </returns>
    public static double[,] Run(
        Model model, IReadOnlyList<int> tokens, Range measured, Func<int, int, float[]> replacement, long mostBytes = 0, IProgress<double>? progress = null)
    {
        int layers = model.Spec.Layers, length = measured.End.GetOffset(tokens.Count);
        Variant[] variants = [.. from l in Enumerable.Range(0, layers + 1)
                                 from t in Enumerable.Range(0, length)
                                 let site = l < layers ? Site.ResidualPre[l] : Site.ResidualPost[l - 1]
                                 select new Variant($"{l} {t}", [Edit.Replace(site, replacement(l, t)) with { Positions = t..(t + 1) }])];
        var sweep = new Sweep(model, [tokens], variants, [new DistributionMetric { Positions = measured }]) { MostBytes = mostBytes };
        double[,] map = new double[layers + 1, length];
        foreach (SweepCell cell in sweep.Run(progress: progress).SelectMany(c => c))
        {
            map[cell.Variant / length, cell.Variant % length] = cell.Values.Single(v => v.Name == "output.probability_l2.max").Value;
        }

        return map;
    }
}
