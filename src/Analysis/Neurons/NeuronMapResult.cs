using Weir.Engine.Families;

namespace Weir.Analysis.Neurons;

/// <summary>
/// Every neuron of a model with its tokens. A neuron's number is layer * neurons a layer + index; arrays are flat in that
/// order.
/// </summary>
public sealed class NeuronMapResult
{
    internal NeuronMapResult(NeuronReading reading, ModelSpec spec, int topK)
    {
        Reading = reading;
        Layers = spec.Layers;
        Neurons = spec.Mlp.Width;
        Width = spec.Width;
        TopK = Math.Min(topK, spec.VocabularySize);
        int n = Count, top = checked(n * TopK);
        Norms = new float[n];
        LogSumExp = [.. Enumerable.Range(0, reading.Norm == NeuronNorm.Full ? 3 : 2).Select(_ => new float[n])];
        TopIds = new int[top];
        Top = new NeuronProducts(new float[top], new float[top], new float[reading.Norm == NeuronNorm.Full ? top : 0]);
    }

    /// <summary>How the vectors were decoded.</summary>
    public NeuronReading Reading { get; }

    /// <summary>Layers.</summary>
    public int Layers { get; }

    /// <summary>Neurons of a layer.</summary>
    public int Neurons { get; }

    /// <summary>All neurons.</summary>
    public int Count => Layers * Neurons;

    /// <summary>d.</summary>
    public int Width { get; }

    /// <summary>Tokens of a neuron.</summary>
    public int TopK { get; }

    /// <summary>[neurons]: |w|.</summary>
    public float[] Norms { get; }

    /// <summary>[neurons] for each of none, scale and, where the reading asks for it, full: log-sum-exp of the logits.</summary>
    public float[][] LogSumExp { get; }

    /// <summary>[neurons, k]: tokens of the largest logits, the lower id first where equal.</summary>
    public int[] TopIds { get; }

    /// <summary>[neurons, k]: their products.</summary>
    public NeuronProducts Top { get; }

    /// <summary>Probability of a neuron's k-th token behind a norm.</summary>
    public double Probability(int neuron, int k, NeuronNorm norm)
    {
        int at = (neuron * TopK) + k;
        return Math.Exp(LogProbability(norm, Top.Plain[at], Top.Full.Length > 0 ? Top.Full[at] : 0, Norms[neuron], LogSumExp[(int)norm][neuron], Width));
    }

    /// <summary>ln p of a product behind a norm.</summary>
    internal static double LogProbability(NeuronNorm norm, float plain, float full, float length, float logSumExp, int width) => norm switch
    {
        NeuronNorm.None => (double)plain - logSumExp,
        NeuronNorm.Scale => (length == 0 ? 0 : plain * Math.Sqrt(width) / length) - logSumExp,
        _ => (double)full - logSumExp,
    };
}
