using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Depth;

/// <summary>
/// Whether a deeper model does new work or stretches the same over more layers: every residual h^A_m of one model is mapped to
/// every residual h^B_l of another by the best affine map, and the error on text that the map has not seen is measured
/// (Csordas et al. 2025, arXiv 2505.13898). Equal relative depth maps best where work is stretched. The maps are the
/// exact least squares of one pass over the text: normal equations with partial sums in f64, ridge, Cholesky. Penalties are
/// compared on windows of their own, so that the error that is told chose nothing.
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

        if (options.Ridges.Count == 0)
        {
            throw new ArgumentException("A fit needs a ridge penalty; 0 is one.", nameof(options));
        }

        int held = (int)Math.Ceiling(windows.Count * options.HeldOut), choosing = options.Ridges.Count > 1 ? held : 0;
        int fit = Math.Max(windows.Count - held - choosing, 0);
        IReadOnlyList<int>[] fitted = [.. windows.Take(fit)], validation = [.. windows.Skip(fit).Take(choosing)], tested = [.. windows.Skip(fit + choosing)];
        var tokens = (Fitted: Tokens(fitted, options), Validation: Tokens(validation, options), Tested: Tokens(tested, options));
        if (tokens.Fitted < 2 || tokens.Tested < 1 || (choosing > 0 && tokens.Validation < 1))
        {
            string choose = choosing > 0 ? $", {tokens.Validation} to choose a ridge penalty" : "";
            throw new WeirException($"ShortText: {windows.Count} windows leave {tokens.Fitted} tokens to fit{choose} and {tokens.Tested} to test; give more text, or another share to hold out.");
        }

        int sources = LayerStates.Count(a, options.Contributions), targets = LayerStates.Count(b, options.Contributions);
        long bytes = sources * (a.Spec.Width + 1L) * b.Spec.Width * (sizeof(double) + (sizeof(float) * (long)options.Ridges.Count));
        int group = (int)Math.Clamp(options.MostBytes / bytes, 1, targets);
        var result = new LinearMapResult(sources, targets, tested.Length, validation.Length, options.Ridges)
        {
            FittedTokens = tokens.Fitted,
            ValidationTokens = tokens.Validation,
            TestedTokens = tokens.Tested,
        };
        for (int first = 0; first < targets; first += group)
        {
            int from = first, count = Math.Min(group, targets - first);
            Run(new LinearMapFit(a, b, from, count, options), from, count, fitted, validation, tested, result,
                done => options.Progress?.Report((from + (count * done)) / targets));
        }

        return result;
    }

    private static void Run(
        LinearMapFit fit, int first, int count, IReadOnlyList<int>[] fitted, IReadOnlyList<int>[] validation, IReadOnlyList<int>[] tested, LinearMapResult result, Action<double> progress)
    {
        double parts = fitted.Length + validation.Length + tested.Length;
        int done = 0;
        foreach (int[] tile in LayerStates.Tiles(fitted))
        {
            fit.Add([.. tile.Select(i => fitted[i])]);
            progress((done += tile.Length) / parts);
        }

        float[][][] solutions = [.. result.Ridges.Select(fit.Solve)];
        for (int w = 0; w < validation.Length; w++)
        {
            fit.Measure(validation[w], solutions, (k, e) => result.ValidationErrors[k].Add(w, e.Source, e.Target, e.Distance / e.Norm));
            progress(++done / parts);
        }

        float[][] chosen = Choose(fit, first, count, solutions, result);
        for (int w = 0; w < tested.Length; w++)
        {
            fit.Measure(tested[w], [chosen], (_, e) =>
            {
                result.Errors.Add(w, e.Source, e.Target, e.Distance / e.Norm);
                result.Unexplained.Add(w, e.Source, e.Target, e.Distance * e.Distance, e.FromMean * e.FromMean);
                if (e.Source == 0)
                {
                    result.ConstantErrors.Add(w, e.Target, 0, e.FromMean / e.Norm);
                }
            });
            progress(++done / parts);
        }
    }

    // Of each map the penalty that did best on the windows that choose.
    private static float[][] Choose(LinearMapFit fit, int first, int count, float[][][] solutions, LinearMapResult result)
    {
        float[][] chosen = [.. solutions[0].Select(map => (float[])[.. map])];
        for (int m = 0; m < chosen.Length; m++)
        {
            for (int l = first; l < first + count; l++)
            {
                int best = solutions.Length == 1 ? 0 : Enumerable.Range(0, solutions.Length).MinBy(k => result.ValidationErrors[k].Ratio(m, l));
                result.ChosenRidges[m, l] = result.Ridges[best];
                fit.Take(solutions[best], chosen, m, l);
            }
        }

        return chosen;
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
