using Weir.Analysis.Statistics;

namespace Weir.Analysis.Policies;

/// <summary>Measures of internal policies: means over an answer's tokens, one a sample.</summary>
public sealed class PolicyResult
{
    private readonly double[][,] _values;
    private readonly Dictionary<(PolicyMeasure, int), Estimate> _means = [];

    // Samples that are drawn again together, since answers to one prompt are not independent; each by itself where all have one prompt.
    private readonly int[][] _drawn;

    internal PolicyResult(PolicyOptions options, int layers, int vocabulary, IReadOnlyList<PolicySample> samples)
    {
        Options = options;
        Layers = layers;
        Samples = samples;
        Ceiling = Math.Log(vocabulary);
        int[][] byPrompt = [.. Enumerable.Range(0, samples.Count).GroupBy(s => string.Join(' ', samples[s].Prompt), StringComparer.Ordinal).Select(g => g.ToArray())];
        Prompts = byPrompt.Length;
        _drawn = Prompts > 1 ? byPrompt : [.. Enumerable.Range(0, samples.Count).Select(s => new[] { s })];
        FinalEntropies = new double[samples.Count];
        _values = [.. Enum.GetValues<PolicyMeasure>().Select(_ => new double[samples.Count, layers])];
    }

    /// <summary>How they were read.</summary>
    public PolicyOptions Options { get; }

    /// <summary>Layers.</summary>
    public int Layers { get; }

    /// <summary>The samples.</summary>
    public IReadOnlyList<PolicySample> Samples { get; }

    /// <summary>Different prompts among them.</summary>
    public int Prompts { get; }

    /// <summary>The largest entropy there is: ln of the vocabulary's size.</summary>
    public double Ceiling { get; }

    /// <summary>Entropy of the model's own policy, with its final norm, in each sample.</summary>
    public double[] FinalEntropies { get; }

    /// <summary>A measure in one sample.</summary>
    /// <param name="measure">Which.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="layer">The layer, from 0.</param>
    public double this[PolicyMeasure measure, int sample, int layer]
    {
        get => _values[(int)measure][sample, layer];
        internal set => _values[(int)measure][sample, layer] = value;
    }

    /// <summary>
    /// A measure's mean over the samples, with its interval: over prompts, each drawn again with all its answers, or over answers
    /// where there is one prompt.
    /// </summary>
    public Estimate Mean(PolicyMeasure measure, int layer)
    {
        if (!_means.TryGetValue((measure, layer), out Estimate mean))
        {
            _means[(measure, layer)] = mean = Over(s => this[measure, s, layer]);
        }

        return mean;
    }

    /// <summary>The mean entropy of the model's own policy, with its interval.</summary>
    public Estimate FinalEntropy => Over(s => FinalEntropies[s]);

    /// <summary>
    /// The last layer whose FFN raises the entropy, from 1, 0 where none does; the interval is that of the samples drawn again,
    /// and shows how sure the layer is.
    /// </summary>
    public Estimate BoundaryLayer
    {
        get
        {
            double[][] sums = [.. Enumerable.Range(0, Layers).Select(l => Sums(s => this[PolicyMeasure.FfnChange, s, l]))];
            return Bootstrap.Of(_drawn.Length, drawn => Array.FindLastIndex(sums, layer => drawn.Sum(d => layer[d]) > 0) + 1, Options.Seed) with { Count = Samples.Count };
        }
    }

    private Estimate Over(Func<int, double> value) =>
        Bootstrap.Ratio(Sums(value), [.. _drawn.Select(samples => (double)samples.Length)], Options.Seed) with { Count = Samples.Count };

    private double[] Sums(Func<int, double> value) => [.. _drawn.Select(samples => samples.Sum(value))];
}
