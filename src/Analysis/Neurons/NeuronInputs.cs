using Weir.Engine;

namespace Weir.Analysis.Neurons;

/// <summary>Where in texts a neuron is strongest.</summary>
public static class NeuronInputs
{
    private const int MostTokens = 8192;

    /// <summary>Finds the places.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">The neuron's block.</param>
    /// <param name="index">Its number there.</param>
    /// <param name="texts">Token ids, each at most as long as the model's context.</param>
    /// <param name="count">Places to name, at most one of each run of the same text and token.</param>
    /// <param name="progress">Told the fraction of texts done.</param>
    /// <returns>The largest values first; then the smallest, for neurons that also write against their direction.</returns>
    public static (IReadOnlyList<NeuronInput> Largest, IReadOnlyList<NeuronInput> Smallest) Run(
        Model model, int layer, int index, IReadOnlyList<IReadOnlyList<int>> texts, int count, IProgress<double>? progress = null)
    {
        NeuronSites.Require(model.Spec, layer, index);
        var all = new List<NeuronInput>();
        for (int first = 0; first < texts.Count;)
        {
            int end = first, tokens = 0;
            while (end < texts.Count && (end == first || tokens + texts[end].Count <= MostTokens))
            {
                tokens += texts[end++].Count;
            }

            float[][] values = NeuronSites.Read(model, ClampSite.Product, layer, index, [.. texts.Skip(first).Take(end - first)]);
            for (int t = 0; t < values.Length; t++)
            {
                // The first token attends to itself alone; many models put values there that mean nothing.
                all.AddRange(values[t].Select((v, p) => new NeuronInput(first + t, p, v)).Skip(1));
            }

            first = end;
            progress?.Report((double)first / texts.Count);
        }

        return ([.. all.OrderByDescending(i => i.Value).Take(count)], [.. all.OrderBy(i => i.Value).Take(count)]);
    }
}
