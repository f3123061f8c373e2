using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>
/// The tokens that each MLP neuron writes: its output direction (column of the down projection) through the unembedding,
/// largest products first (Geva et al. 2022). No final norm stands between, and no logits are stored. Ids alone, in one pass
/// of the product; <see cref="NeuronMap"/> has other vectors, probabilities, and an order that no rounding decides.
/// </summary>
public static class NeuronTokens
{
    private const int Chunk = 4096;

    /// <summary>Reads every neuron of every layer out.</summary>
    /// <param name="model">The model.</param>
    /// <param name="topK">Tokens for each neuron.</param>
    /// <param name="progress">Told the fraction of neurons done.</param>
    /// <returns>Ids [layers, neurons, topK], flat.</returns>
    public static int[] Run(Model model, int topK, IProgress<double>? progress = null)
    {
        int neurons = model.Spec.Mlp.Width;
        int[] ids = new int[model.Spec.Layers * neurons * topK];
        var options = new LensOptions { Norm = LensNorm.None, TopK = topK, Entropy = false, Softcap = false };
        using var memory = new Arena(model.Device);
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            for (int i = 0; i < neurons; i += Chunk)
            {
                int count = Math.Min(Chunk, neurons - i);
                memory.Reset();
                Tensor directions = memory.Allocate(new Shape(count, model.Spec.Width));
                model.Vectors.Read(MlpMatrix.Down, l, i, directions);
                LensResult read = LensReader.Read(model, [directions], options);
                read.TopIds.CopyTo(ids, ((l * neurons) + i) * topK);
                progress?.Report((double)((l * neurons) + i + count) / (model.Spec.Layers * neurons));
            }
        }

        return ids;
    }
}
