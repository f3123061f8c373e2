using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>
/// The neurons of chosen tokens. A neuron's probability needs its log-sum-exp over the whole vocabulary, which the same
/// pass finishes before the tokens' products meet it, so the order by probability is exact.
/// </summary>
public static class NeuronSearch
{
    private const int OwnTokens = 3;

    /// <summary>Looks every neuron up.</summary>
    /// <param name="model">The model.</param>
    /// <param name="reading">How vectors are decoded.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="rank">What the first neurons are chosen by.</param>
    /// <param name="best">How many to describe.</param>
    /// <param name="nullCount">Random vectors to compare with.</param>
    /// <param name="seed">Draws them.</param>
    /// <param name="progress">Told the fraction done.</param>
    public static IReadOnlyList<NeuronSearchResult> Run(
        Model model, NeuronReading reading, int[] tokens, NeuronRank rank = NeuronRank.Probability, int best = 10, int nullCount = 4096, int seed = 0, IProgress<double>? progress = null)
    {
        int layers = model.Spec.Layers, neurons = model.Spec.Mlp.Width, n = layers * neurons;
        float[] lengths = new float[n];
        var products = tokens.Select(_ => (P: new double[n], S: new float[n], Cosine: new float[n])).ToArray();
        using var reader = new NeuronReader(model, reading);
        for (int layer = 0; layer < layers; layer++)
        {
            foreach ((int first, int count) in NeuronReader.Batches(neurons))
            {
                NeuronBatch batch = reader.Read(reader.Vectors(layer, first, count), 0, tokens);
                int start = (layer * neurons) + first;
                batch.Norms.CopyTo(lengths, start);
                for (int i = 0; i < count * tokens.Length; i++)
                {
                    int row = i / tokens.Length;
                    var (p, s, cosine) = products[i % tokens.Length];
                    s[start + row] = batch.Targets.Plain[i];
                    cosine[start + row] = batch.Targets.Cosines[i];
                    p[start + row] = Math.Exp(NeuronMapResult.LogProbability(
                        reading.Norm, batch.Targets.Plain[i], batch.Targets.Full.Length > 0 ? batch.Targets.Full[i] : 0, batch.Norms[row], batch.LogSumExp[(int)reading.Norm][row], model.Spec.Width));
                }

                progress?.Report((double)(start + count) / n);
            }
        }

        var random = NeuronNull.Run(model, reading, lengths, nullCount, seed, tokens, progress);
        NeuronSearchResult[] results = [.. tokens.Select((token, t) => new NeuronSearchResult
        {
            Token = token,
            Reading = reading,
            Neurons = neurons,
            Probabilities = products[t].P,
            Products = products[t].S,
            Cosines = products[t].Cosine,
            NullProbabilities = random.TargetProbabilities[t],
        })];
        foreach (NeuronSearchResult result in results)
        {
            result.Best = [.. result.Order(rank).Take(best).Select(i => Describe(model, reader, result, i))];
        }

        return results;
    }

    private static NeuronHit Describe(Model model, NeuronReader reader, NeuronSearchResult result, int neuron)
    {
        (int layer, int index) = Math.DivRem(neuron, result.Neurons);
        Tensor[] states = reader.States(reader.Vectors(layer, index, 1));
        LensResult lens = LensReader.Read(model, [states[(int)result.Reading.Norm]], new LensOptions
        {
            Norm = LensNorm.None,
            Basis = result.Reading.Basis,
            TopK = Math.Min(OwnTokens, model.Spec.VocabularySize),
            Targets = [[result.Token]],
            Entropy = false,
            Softcap = false,
        });
        return new NeuronHit(
            layer, index, result.Probabilities[neuron], result.Products[neuron], result.Cosines[neuron], lens.TargetRanks[0], lens.TopIds,
            NeuronNull.ShareBelow(result.NullProbabilities, result.Probabilities[neuron]));
    }
}
