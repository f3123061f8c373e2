using Weir.Analysis.Tests.Neurons;

namespace Weir.Analysis.Tests.Policies;

/// <summary>Distributions in f64, with every logit at hand.</summary>
internal static class Oracle
{
    /// <summary>ln softmax of a state's logits.</summary>
    public static double[] LogSoftmax(float[] tokens, double[] state, double temperature = 1)
    {
        double[] logits = [.. tokens.Chunk(state.Length).Select(row => row.Zip(state, (w, x) => w * x).Sum() / temperature)];
        double max = logits.Max(), sum = max + Math.Log(logits.Sum(z => Math.Exp(z - max)));
        return [.. logits.Select(z => z - sum)];
    }

    /// <summary>The ids of the largest values.</summary>
    public static IEnumerable<int> First(double[] values, int count) => Enumerable.Range(0, values.Length).OrderByDescending(i => values[i]).Take(count);
}
