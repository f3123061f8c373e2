using System.Globalization;
using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Analysis.Neurons;

/// <summary>
/// Holds one neuron at values while prompts run, and measures what becomes of the next token. All values of all prompts are
/// one wave.
/// </summary>
public static class NeuronClamp
{
    /// <summary>Runs the values.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Which neuron, at what.</param>
    /// <param name="prompts">Token ids of each prompt.</param>
    /// <param name="tokens">Next tokens asked about.</param>
    /// <param name="corpus">Token ids of texts over which the neuron's largest activation is taken, all positions but a text's first; the prompts by default.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <exception cref="WeirException">There is no such neuron or site, or f32 does not hold a value.</exception>
    public static NeuronClampResult Run(
        Model model, NeuronClampOptions options, IReadOnlyList<IReadOnlyList<int>> prompts, int[] tokens, IReadOnlyList<IReadOnlyList<int>>? corpus = null, IProgress<double>? progress = null)
    {
        NeuronSites.Require(model.Spec, options.Layer, options.Index);
        float[][] natural = NeuronSites.Read(model, options.Site, options.Layer, options.Index, corpus ?? prompts);
        double largest = natural.SelectMany(v => v.Skip(Math.Min(1, v.Length - 1))).Max(Math.Abs);
        double[][] gates = model.Spec.Mlp.Gated
            ? [.. NeuronSites.Read(model, ClampSite.Gate, options.Layer, options.Index, prompts).Select(g => g.Select(x => Activate(model.Spec.Mlp.Activation, x)).ToArray())]
            : [];
        float[] values = [.. options.Values.Select(v => Value(options, v, largest)).Distinct()];
        double[] held = [.. gates.SelectMany(g => g[options.Positions])];
        return new NeuronClampResult(
            options, largest, values, [.. gates.Select(g => g[^1])],
            held.Length == 0 ? 0 : (double)held.Count(g => g <= 0) / held.Length, Rows(model, options, values, prompts, tokens, progress));
    }

    /// <summary>
    /// The same values put into other neurons of the layer: what a value of that size does wherever it is put.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The neuron, which is not drawn, and the site.</param>
    /// <param name="values">The values as they are put there.</param>
    /// <param name="prompts">Token ids of each prompt.</param>
    /// <param name="tokens">Next tokens asked about.</param>
    /// <param name="count">Neurons to draw, fewer than the layer has.</param>
    /// <param name="seed">Draws them.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <returns>[values][tokens][neurons]: probability of the token, mean over the prompts.</returns>
    public static double[][][] Control(
        Model model, NeuronClampOptions options, float[] values, IReadOnlyList<IReadOnlyList<int>> prompts, int[] tokens, int count, int seed = 0, IProgress<double>? progress = null)
    {
        int[] others = [.. Enumerable.Range(0, model.Spec.Mlp.Width).Where(i => i != options.Index)];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, others.Length);
        new Random(seed).Shuffle(others);
        double[][][] result = [.. values.Select(_ => tokens.Select(_ => new double[count]).ToArray())];
        for (int n = 0; n < count; n++)
        {
            Variant[] variants = Variants(model, options with { Index = others[n] }, values);
            var sweep = new Sweep(model, prompts, variants, [new TargetMetric([.. prompts.Select(_ => tokens)])]);
            foreach (SweepCell cell in sweep.Run().SelectMany(cells => cells))
            {
                for (int t = 0; t < tokens.Length; t++)
                {
                    result[cell.Variant][t][n] += Probability(cell, tokens.Length, t) / prompts.Count;
                }
            }

            progress?.Report((n + 1.0) / count);
        }

        return result;
    }

    /// <summary>The edit that holds a neuron at a value.</summary>
    public static Edit Edit(ModelSpec spec, NeuronClampOptions options, float value) =>
        Engine.Hooks.Edit.Replace(NeuronSites.Of(spec, options.Site, options.Layer), [value]) with
        {
            Columns = options.Index..(options.Index + 1),
            Positions = options.Positions,
        };

    private static float Value(NeuronClampOptions options, float value, double largest)
    {
        float put = options.Multiples ? (float)(value * largest) : value;
        return float.IsFinite(put) ? put
            : throw new WeirException(FormattableString.Invariant($"The value {value:G3}{(options.Multiples ? $" times the largest activation, {largest.ToString("G3", CultureInfo.InvariantCulture)}," : "")} is more than f32 holds; take a smaller one."));
    }

    private static List<NeuronClampRow> Rows(
        Model model, NeuronClampOptions options, float[] values, IReadOnlyList<IReadOnlyList<int>> prompts, int[] tokens, IProgress<double>? progress)
    {
        Variant[] variants = Variants(model, options, values);

        // A coefficient of 1 changes no bit: the model as it is, measured as the others are.
        var unchanged = new Variant("unchanged", [Engine.Hooks.Edit.Scale(NeuronSites.Of(model.Spec, options.Site, options.Layer), 1)]);
        var sweep = new Sweep(model, prompts, [unchanged, .. variants], [new TargetMetric([.. prompts.Select(_ => tokens)]), new DistributionMetric()]);
        var rows = new List<NeuronClampRow>();
        foreach (SweepCell cell in sweep.Run(progress: progress).SelectMany(cells => cells))
        {
            rows.Add(new NeuronClampRow(
                cell.Prompt, cell.Variant == 0 ? null : values[cell.Variant - 1],
                [.. tokens.Select((_, t) => Probability(cell, tokens.Length, t))], [.. tokens.Select((_, t) => (int)Value(cell, $"{Target(tokens.Length, t)}.rank"))],
                Value(cell, "output.kl.mean")));
        }

        return [.. rows.OrderBy(r => r.Prompt)];
    }

    private static Variant[] Variants(Model model, NeuronClampOptions options, float[] values) =>
        [.. values.Select((v, i) => new Variant(i.ToString(CultureInfo.InvariantCulture), [Edit(model.Spec, options, v)]))];

    private static string Target(int tokens, int t) => tokens == 1 ? "target" : $"target{t.ToString(CultureInfo.InvariantCulture)}";

    private static double Probability(SweepCell cell, int tokens, int t) => Math.Exp(Value(cell, $"{Target(tokens, t)}.log_probability"));

    private static double Value(SweepCell cell, string name) => cell.Values.First(v => v.Name == name).Value;

    private static double Activate(Activation activation, double x) => activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.Relu => Math.Max(x, 0),

        // Both forms of gelu have the sign of x and are near x times the logistic function of 1.702 x (Hendrycks and Gimpel 2016).
        _ => x / (1 + Math.Exp(-1.702 * x)),
    };
}
