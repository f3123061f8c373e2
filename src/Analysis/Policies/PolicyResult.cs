using Weir.Analysis.Statistics;

namespace Weir.Analysis.Policies;

/// <summary>Measures of internal policies: means over an answer's tokens, one a sample.</summary>
public sealed class PolicyResult
{
    private readonly double[][,] _values;

    internal PolicyResult(PolicyOptions options, int layers, int vocabulary, IReadOnlyList<PolicySample> samples)
    {
        Options = options;
        Layers = layers;
        Samples = samples;
        Ceiling = Math.Log(vocabulary);
        FinalEntropies = new double[samples.Count];
        _values = [.. Enum.GetValues<PolicyMeasure>().Select(_ => new double[samples.Count, layers])];
    }

    /// <summary>How they were read.</summary>
    public PolicyOptions Options { get; }

    /// <summary>Layers.</summary>
    public int Layers { get; }

    /// <summary>The samples.</summary>
    public IReadOnlyList<PolicySample> Samples { get; }

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

    /// <summary>A measure's mean over the samples, with its interval.</summary>
    public Estimate Mean(PolicyMeasure measure, int layer) =>
        Bootstrap.Mean([.. Enumerable.Range(0, Samples.Count).Select(s => this[measure, s, layer])], Options.Seed);

    /// <summary>The mean entropy of the model's own policy, with its interval.</summary>
    public Estimate FinalEntropy => Bootstrap.Mean(FinalEntropies, Options.Seed);

    /// <summary>
    /// The last layer whose FFN raises the entropy, from 1, 0 where none does; the interval is that of the samples drawn again,
    /// and shows how sure the layer is.
    /// </summary>
    public Estimate BoundaryLayer => Bootstrap.Of(Samples.Count, Boundary, Options.Seed);

    private double Boundary(IReadOnlyList<int> samples)
    {
        for (int l = Layers - 1; l >= 0; l--)
        {
            if (samples.Sum(s => this[PolicyMeasure.FfnChange, s, l]) > 0)
            {
                return l + 1;
            }
        }

        return 0;
    }
}
