using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Depth;

/// <summary>
/// Whether a deeper model does new work or stretches the same over more layers: every residual h^A_m of one model is mapped to
/// every residual h^B_l of another by the best affine map, and the error on text that the map has not seen is measured
/// (Csordas et al. 2025, arXiv 2505.13898). Equal relative depth maps best where work is stretched. The maps are the
/// exact least squares of one pass over the text: normal equations with partial sums in f64, ridge, Cholesky.
/// </summary>
public static class LinearMaps
{
    /// <summary>Fits and tests all maps.</summary>
    /// <param name="a">The model mapped from.</param>
    /// <param name="b">The model mapped to, with the same vocabulary; on a device of its own or the same.</param>
    /// <param name="windows">Token ids of each window of text; the last ones are held out.</param>
    /// <param name="options">How to fit.</param>
    /// <exception cref="WeirException">The vocabularies differ, there is too little text, or a system cannot be solved.</exception>
    public static LinearMapResult Run(Model a, Model b, IReadOnlyList<IReadOnlyList<int>> windows, LinearMapOptions? options = null)
    {
        options ??= new LinearMapOptions();
        Check(a, b);
        if (options.Contributions)
        {
            DepthModel.RequireContributions(a.Spec);
            DepthModel.RequireContributions(b.Spec);
        }

        int held = (int)Math.Ceiling(windows.Count * options.HeldOut);
        IReadOnlyList<int>[] fitted = [.. windows.Take(windows.Count - held)], tested = [.. windows.Skip(windows.Count - held)];
        int fittedTokens = Tokens(fitted, options), testedTokens = Tokens(tested, options);
        if (fittedTokens < 2 || testedTokens < 1)
        {
            throw new WeirException($"ShortText: {windows.Count} windows leave {Math.Max(fittedTokens, 0)} tokens to fit and {Math.Max(testedTokens, 0)} to test; give more text, or another share to hold out.");
        }

        int targets = LayerStates.Count(b, options.Contributions);
        long bytes = LayerStates.Count(a, options.Contributions) * (a.Spec.Width + 1L) * b.Spec.Width * sizeof(double);
        int group = (int)Math.Clamp(options.MostBytes / bytes, 1, targets);
        var result = new LinearMapResult(LayerStates.Count(a, options.Contributions), targets, tested.Length) { FittedTokens = fittedTokens, TestedTokens = testedTokens };
        for (int first = 0; first < targets; first += group)
        {
            int from = first, count = Math.Min(group, targets - first);
            var fit = new LinearMapFit(a, b, from, count, options);
            IReadOnlyList<int[]> tiles = LayerStates.Tiles(fitted);
            for (int t = 0; t < tiles.Count; t++)
            {
                fit.Add([.. tiles[t].Select(i => fitted[i])]);
                options.Progress?.Report((from + (count * 0.7 * (t + 1) / tiles.Count)) / targets);
            }

            fit.Solve();
            for (int w = 0; w < tested.Length; w++)
            {
                fit.Test(tested[w], w, result);
                options.Progress?.Report((from + (count * (0.7 + (0.3 * (w + 1) / tested.Length)))) / targets);
            }
        }

        return result;
    }

    private static int Tokens(IReadOnlyList<int>[] windows, LinearMapOptions o) => windows.Sum(w => Math.Max(0, w.Count - o.FirstPosition));

    private static void Check(Model a, Model b)
    {
        if (!a.HasTokenizer || !b.HasTokenizer)
        {
            if (a.Spec.VocabularySize != b.Spec.VocabularySize)
            {
                throw new WeirException($"DifferentTokenizers: the models have {a.Spec.VocabularySize} and {b.Spec.VocabularySize} tokens; states of the same text can only be compared with one vocabulary.");
            }

            return;
        }

        int size = Math.Max(a.Tokenizer.VocabularySize, b.Tokenizer.VocabularySize);
        for (int id = 0; id < size; id++)
        {
            if (a.Tokenizer.TokenText(id) != b.Tokenizer.TokenText(id))
            {
                throw new WeirException($"DifferentTokenizers: token {id} is '{a.Tokenizer.TokenText(id)}' in one model and '{b.Tokenizer.TokenText(id)}' in the other; states of the same text can only be compared with one vocabulary.");
            }
        }
    }
}
