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
        int fitting = Math.Max(windows.Count - held - choosing, 0);
        IReadOnlyList<int>[] fitted = [.. windows.Take(fitting)], validation = [.. windows.Skip(fitting).Take(choosing)], tested = [.. windows.Skip(fitting + choosing)];
        var tokens = (Fitted: Tokens(fitted, options), Validation: Tokens(validation, options), Tested: Tokens(tested, options));
        if (tokens.Fitted < 2 || tokens.Tested < 1 || (choosing > 0 && tokens.Validation < 1))
        {
            string choose = choosing > 0 ? $", {tokens.Validation} to choose a ridge penalty" : "";
            throw new WeirException($"ShortText: {windows.Count} windows leave {tokens.Fitted} tokens to fit{choose} and {tokens.Tested} to test; give more text, or another share to hold out.");
        }

        int sources = LayerStates.Count(a, options.Contributions), targets = LayerStates.Count(b, options.Contributions);
        long one = Bytes(a, b, options, 1), none = Bytes(a, b, options, 0);
        int group = (int)Math.Clamp((options.MostBytes - none) / (one - none), 1, targets);
        var result = new LinearMapResult(sources, targets, tested.Length, validation.Length, options.Ridges)
        {
            FittedTokens = tokens.Fitted,
            ValidationTokens = tokens.Validation,
            TestedTokens = tokens.Tested,
        };
        var fit = new LinearMapFit(a, b, options);
        for (int first = 0; first < targets; first += group)
        {
            int from = first, count = Math.Min(group, targets - first);
            Run(fit, from, count, fitted, validation, tested, result,
                done => options.Progress?.Report((from + (count * done)) / targets));
        }

        return result;
    }

    /// <summary>
    /// Bytes of sums and maps that are held while some targets are fitted: X^T X of every source, X^T Y and a map of each penalty
    /// of every pair, and a copy of one source's sums to solve in.
    /// </summary>
    /// <param name="a">The model mapped from.</param>
    /// <param name="b">The model mapped to.</param>
    /// <param name="options">How to fit.</param>
    /// <param name="targets">How many states of b are fitted at once; as many as <see cref="LinearMapOptions.MostBytes"/> holds, but never less than one.</param>
    public static long Bytes(Model a, Model b, LinearMapOptions options, int targets)
    {
        long sources = LayerStates.Count(a, options.Contributions), inputs = a.Spec.Width + 1L;
        long sums = sizeof(double) * (sources + 1) * inputs, maps = sizeof(float) * sources * inputs * options.Ridges.Count;
        return (sums * inputs) + ((sums + maps) * targets * b.Spec.Width);
    }

    private static void Run(
        LinearMapFit fit, int first, int count, IReadOnlyList<int>[] fitted, IReadOnlyList<int>[] validation, IReadOnlyList<int>[] tested, LinearMapResult result, Action<double> progress)
    {
        double parts = fitted.Length + validation.Length + tested.Length;
        int done = 0;
        void ForEachTile(IReadOnlyList<int>[] windows, Action<int[], IReadOnlyList<int>[]> act)
        {
            foreach (int[] tile in LayerStates.Tiles(windows))
            {
                act(tile, [.. tile.Select(i => windows[i])]);
                progress((done += tile.Length) / parts);
            }
        }

        fit.Begin(first, count);
        ForEachTile(fitted, (_, windows) => fit.Add(windows));
        float[]?[][] solutions = [.. result.Ridges.Select(fit.Solve)];
        RequireSolutions(solutions, first, count, result);
        ForEachTile(validation, (tile, windows) => fit.Measure(windows, solutions, (k, w, e) => result.ValidationErrors[k].Add(tile[w], e.Source, e.Target, e.Distance / e.Norm)));
        float[][] chosen = Choose(fit, first, count, solutions, result);
        ForEachTile(tested, (tile, windows) => fit.Measure(windows, [chosen], (_, w, e) =>
        {
            result.Errors.Add(tile[w], e.Source, e.Target, e.Distance / e.Norm);
            result.Unexplained.Add(tile[w], e.Source, e.Target, e.Distance * e.Distance, e.FromMean * e.FromMean);
            if (e.Source == 0)
            {
                result.ConstantErrors.Add(tile[w], e.Target, 0, e.FromMean / e.Norm);
            }
        }));
    }

    // A penalty with which a source has no solution is infinitely bad for its maps; where none has one there is no map.
    private static void RequireSolutions(float[]?[][] solutions, int first, int count, LinearMapResult result)
    {
        for (int m = 0; m < result.Errors.Rows; m++)
        {
            if (solutions.All(s => s[m] is null))
            {
                throw new WeirException("SingularFit: the states do not determine a linear map; give more text or a larger ridge penalty.");
            }

            for (int k = 0; k < solutions.Length; k++)
            {
                for (int l = first; l < first + count && solutions[k][m] is null; l++)
                {
                    result.ValidationErrors[k].Add(0, m, l, double.PositiveInfinity);
                }
            }
        }
    }

    // Of each map the penalty that did best on the windows that choose. Maps of a source are gathered in its first solution.
    private static float[][] Choose(LinearMapFit fit, int first, int count, float[]?[][] solutions, LinearMapResult result)
    {
        return [.. Enumerable.Range(0, result.Errors.Rows).Select(m =>
        {
            int[] solved = [.. Enumerable.Range(0, solutions.Length).Where(k => solutions[k][m] is not null)];
            float[] chosen = solutions[solved[0]][m]!;
            for (int l = first; l < first + count; l++)
            {
                int best = solved.Length == 1 ? solved[0] : solved.MinBy(k => result.ValidationErrors[k].Ratio(m, l));
                result.ChosenRidges[m, l] = result.Ridges[best];
                if (best != solved[0])
                {
                    fit.Take(solutions[best][m]!, chosen, l);
                }
            }

            return chosen;
        })];
    }

    private static int Tokens(IReadOnlyList<int>[] windows, LinearMapOptions o) => windows.Sum(w => LayerStates.Kept(w, o));

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
