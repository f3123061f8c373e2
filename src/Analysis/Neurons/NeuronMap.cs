using Weir.Engine;

namespace Weir.Analysis.Neurons;

/// <summary>
/// The tokens that every neuron of a model stands for: its vectors through the unembedding (arXiv 2501.02688). Weights
/// alone, no text.
/// </summary>
public static class NeuronMap
{
    /// <summary>Decodes every neuron of every layer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="reading">How.</param>
    /// <param name="topK">Tokens for each neuron, at least 1.</param>
    /// <param name="excluded">Tokens that the lists leave out, fewer than there are; null for none.</param>
    /// <param name="progress">Told the fraction of neurons done.</param>
    /// <exception cref="Kernels.WeirException">The model lacks what the reading asks for.</exception>
    public static NeuronMapResult Run(Model model, NeuronReading reading, int topK = 8, IReadOnlySet<int>? excluded = null, IProgress<double>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(topK);
        var result = new NeuronMapResult(reading, model.Spec, topK);
        using var reader = new NeuronReader(model, reading);
        for (int layer = 0; layer < result.Layers; layer++)
        {
            foreach ((int first, int count) in NeuronReader.Batches(result.Neurons))
            {
                NeuronBatch batch = reader.Read(reader.Vectors(layer, first, count), topK, [], excluded);
                int at = (layer * result.Neurons) + first, top = at * result.TopK;
                batch.Norms.CopyTo(result.Norms, at);
                for (int s = 0; s < batch.LogSumExp.Length; s++)
                {
                    batch.LogSumExp[s].CopyTo(result.LogSumExp[s], at);
                }

                batch.TopIds.CopyTo(result.TopIds, top);
                batch.Top.Plain.CopyTo(result.Top.Plain, top);
                batch.Top.Cosines.CopyTo(result.Top.Cosines, top);
                batch.Top.Full.CopyTo(result.Top.Full, batch.Top.Full.Length > 0 ? top : 0);
                progress?.Report((double)(at + count) / result.Count);
            }
        }

        return result;
    }
}
