using Weir.Engine;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Analysis.Neurons;

/// <summary>
/// The first neurons of every token: the map read the other way. The lens keeps lists for its rows, not for its columns, so
/// tokens become the rows and a layer's vectors the matrix. Minus a neuron's log-sum-exp, which the map has finished by
/// then, is added to its logit like a bias: what comes out is ln p, and the order by probability is exact. That costs the
/// product of all vectors with all tokens once more; for a few tokens <see cref="NeuronSearch"/> does without it.
/// </summary>
public static class TokenNeurons
{
    // Neurons that come close are ordered by products in f64 at the end, so a few more than asked for are kept.
    private const int Spare = 2;

    /// <summary>Finds them.</summary>
    /// <param name="model">The model that was mapped.</param>
    /// <param name="map">Its map, whose reading holds.</param>
    /// <param name="rank">The order.</param>
    /// <param name="topK">Neurons for each token.</param>
    /// <param name="progress">Told the fraction done.</param>
    public static TokenNeuronsResult Run(Model model, NeuronMapResult map, NeuronRank rank, int topK = 8, IProgress<double>? progress = null)
    {
        int vocabulary = model.Spec.VocabularySize, kept = Math.Min(topK * Spare, map.Neurons);
        var lists = new CandidateLists(vocabulary, kept);
        using var reader = new NeuronReader(model, map.Reading);
        for (int layer = 0; layer < map.Layers; layer++)
        {
            foreach ((int first, int count) in NeuronReader.Batches(map.Neurons))
            {
                int start = (layer * map.Neurons) + first;
                Tensor[] states = reader.States(reader.Vectors(layer, first, count));
                Tensor state = states[rank == NeuronRank.Product ? 0 : rank == NeuronRank.Cosine ? 1 : (int)map.Reading.Norm];
                float[] bias = rank == NeuronRank.Probability ? [.. map.LogSumExp[(int)map.Reading.Norm].AsSpan(start, count).ToArray().Select(x => -x)] : [];
                Merge(model, map, state, bias, start, lists);
                progress?.Report((double)(start + count) / map.Count);
            }
        }

        return Rescore(map, reader, lists, rank, Math.Min(topK, kept));
    }

    private static void Merge(Model model, NeuronMapResult map, Tensor state, float[] bias, int start, CandidateLists lists)
    {
        IDevice device = model.Device;
        int n = state.Rows, k = Math.Min(lists.Length, n);
        float[] vectors = device.Read<float>(state);
        using var memory = new Arena(device);
        using WeightMatrix matrix = device.Load(state.Width, transposed: false, vectors);
        for (int token = 0; token < model.Spec.VocabularySize; token += NeuronReader.MostRows)
        {
            memory.Reset();
            int count = Math.Min(NeuronReader.MostRows, model.Spec.VocabularySize - token);
            Tensor rows = memory.Allocate(new Shape(count, state.Width));
            model.Vectors.ReadTokens(map.Reading.Basis, [.. Enumerable.Range(token, count)], rows);
            var arguments = new LensArguments
            {
                States = rows,
                Unembedding = matrix,
                Bias = bias.Length > 0 ? memory.Upload<float>(bias) : default,
                Temperature = 1,
                LogSumExp = memory.Allocate(new Shape(count)),
                TopIds = memory.Allocate(new Shape(count, k), ElementType.I32),
                TopLogProbabilities = memory.Allocate(new Shape(count, k)),
            };
            device.Ops.Lens(arguments);
            int[] ids = device.Read<int>(arguments.TopIds);
            float[] logs = device.Read<float>(arguments.TopLogProbabilities), sums = device.Read<float>(arguments.LogSumExp);
            for (int i = 0; i < ids.Length; i++)
            {
                lists.Add(token + (i / k), start + ids[i], (double)logs[i] + sums[i / k]);
            }
        }
    }

    private static TokenNeuronsResult Rescore(NeuronMapResult map, NeuronReader reader, CandidateLists lists, NeuronRank rank, int topK)
    {
        double[] values = new double[lists.Neurons.Length];
        ILookup<(int, int), int> places = Enumerable.Range(0, lists.Neurons.Length).ToLookup(i =>
            (lists.Neurons[i] / map.Neurons, lists.Neurons[i] % map.Neurons / NeuronReader.MostRows * NeuronReader.MostRows));
        foreach (IGrouping<(int Layer, int First), int> batch in places.OrderBy(p => p.Key))
        {
            (int layer, int first) = batch.Key;
            int[] own = [.. batch];
            Tensor rows = reader.Vectors(layer, first, Math.Min(NeuronReader.MostRows, map.Neurons - first));
            NeuronProducts p = reader.Products(
                reader.States(rows), [.. own.Select(i => (lists.Neurons[i] % map.Neurons) - first)], [.. own.Select(i => i / lists.Length)]);
            for (int i = 0; i < own.Length; i++)
            {
                int neuron = lists.Neurons[own[i]];
                values[own[i]] = rank switch
                {
                    NeuronRank.Product => p.Plain[i],
                    NeuronRank.Cosine => p.Cosines[i],
                    _ => NeuronMapResult.LogProbability(
                        map.Reading.Norm, p.Plain[i], p.Full.Length > 0 ? p.Full[i] : 0, map.Norms[neuron], map.LogSumExp[(int)map.Reading.Norm][neuron], map.Width),
                };
            }
        }

        int[] order = [.. Enumerable.Range(0, lists.Neurons.Length / lists.Length).SelectMany(token => Enumerable.Range(token * lists.Length, lists.Length)
            .OrderByDescending(i => values[i]).ThenBy(i => lists.Neurons[i]).Take(topK))];
        return new TokenNeuronsResult(rank, topK, [.. order.Select(i => lists.Neurons[i])], [.. order.Select(i => values[i])]);
    }
}
