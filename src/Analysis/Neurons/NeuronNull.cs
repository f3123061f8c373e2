using Weir.Engine;

namespace Weir.Analysis.Neurons;

/// <summary>
/// What vectors that mean nothing give: Gaussian directions of the neurons' own lengths, decoded like them. A probability
/// is worth a look where it stands out from these.
/// </summary>
public sealed class NeuronNull
{
    private NeuronNull(int count, NeuronNorm norm)
    {
        Count = count;
        Norm = norm;
        TopProbabilities = new double[count];
    }

    /// <summary>Random vectors.</summary>
    public int Count { get; }

    /// <summary>The norm behind which the probabilities are.</summary>
    public NeuronNorm Norm { get; }

    /// <summary>Each vector's largest probability, ascending.</summary>
    public double[] TopProbabilities { get; }

    /// <summary>For each token asked about: its probability in each vector, ascending.</summary>
    public IReadOnlyList<double[]> TargetProbabilities { get; private set; } = [];

    /// <summary>Decodes random vectors.</summary>
    /// <param name="model">The model.</param>
    /// <param name="reading">How.</param>
    /// <param name="lengths">Lengths of the model's vectors; the random ones take theirs evenly from these.</param>
    /// <param name="count">Random vectors.</param>
    /// <param name="seed">Draws them.</param>
    /// <param name="targets">Tokens asked about.</param>
    /// <param name="progress">Told the fraction done.</param>
    public static NeuronNull Run(Model model, NeuronReading reading, float[] lengths, int count = 4096, int seed = 0, int[]? targets = null, IProgress<double>? progress = null)
    {
        targets ??= [];
        var result = new NeuronNull(count, reading.Norm);
        double[][] own = [.. targets.Select(_ => new double[count])];
        using var reader = new NeuronReader(model, reading);
        var gaussian = new GaussianRows(seed);
        int width = model.Spec.Width, norm = (int)reading.Norm;
        foreach ((int first, int n) in NeuronReader.Batches(count))
        {
            float[] some = [.. Enumerable.Range(first, n).Select(i => lengths[(int)((long)i * lengths.Length / count)])];
            NeuronBatch batch = reader.Read(reader.Vectors(gaussian.WithNorms(some, width)), 1, targets);
            double P(NeuronProducts p, int i, int at) =>
                Math.Exp(NeuronMapResult.LogProbability(reading.Norm, p.Plain[at], p.Full.Length > 0 ? p.Full[at] : 0, batch.Norms[i], batch.LogSumExp[norm][i], width));
            for (int i = 0; i < n; i++)
            {
                result.TopProbabilities[first + i] = P(batch.Top, i, i);
                for (int t = 0; t < targets.Length; t++)
                {
                    own[t][first + i] = P(batch.Targets, i, (i * targets.Length) + t);
                }
            }

            progress?.Report((double)(first + n) / count);
        }

        Array.Sort(result.TopProbabilities);
        foreach (double[] p in own)
        {
            Array.Sort(p);
        }

        result.TargetProbabilities = own;
        return result;
    }

    /// <summary>The value below which so large a share of ascending values lies.</summary>
    public static double Percentile(double[] ascending, double share) =>
        ascending.Length == 0 ? double.NaN : ascending[Math.Clamp((int)Math.Ceiling(share * ascending.Length) - 1, 0, ascending.Length - 1)];

    /// <summary>Share of ascending values that lie below one.</summary>
    public static double ShareBelow(double[] ascending, double value)
    {
        int low = 0, high = ascending.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = ascending[middle] < value ? (middle + 1, high) : (low, middle);
        }

        return ascending.Length == 0 ? double.NaN : (double)low / ascending.Length;
    }
}
