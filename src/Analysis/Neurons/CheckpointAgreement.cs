using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>
/// Which neurons keep their token from one checkpoint to another (arXiv 2501.02688: 75.4 % between Llama 3.1 8B and its
/// Instruct). Beside it stands what two unembeddings agree on by themselves: random vectors of the neurons' lengths, the
/// same ones through both.
/// </summary>
public static class CheckpointAgreement
{
    /// <summary>Compares two checkpoints of one shape and one vocabulary.</summary>
    /// <param name="original">The base.</param>
    /// <param name="changed">What became of it; on the same device.</param>
    /// <param name="reading">How vectors are decoded.</param>
    /// <param name="sharedHead">True decodes both by the base's unembedding.</param>
    /// <param name="nullCount">Random vectors.</param>
    /// <param name="seed">Draws them.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <exception cref="WeirException">Neurons or tokens of the two do not correspond.</exception>
    public static AgreementResult Run(
        Model original, Model changed, NeuronReading reading, bool sharedHead = false, int nullCount = 4096, int seed = 0, IProgress<double>? progress = null)
    {
        RequireAlike(original, changed);
        int layers = original.Spec.Layers, neurons = original.Spec.Mlp.Width;
        double[] perLayer = new double[layers];
        float[] lengths = new float[layers * neurons];
        using var first = new NeuronReader(original, reading);
        using var second = new NeuronReader(changed, reading, sharedHead ? original : null);
        for (int layer = 0; layer < layers; layer++)
        {
            int same = 0;
            foreach ((int start, int count) in NeuronReader.Batches(neurons))
            {
                NeuronBatch a = first.Read(first.Vectors(layer, start, count), 1, []), b = second.Read(second.Vectors(layer, start, count), 1, []);
                same += Same(a, b);
                a.Norms.CopyTo(lengths, (layer * neurons) + start);
            }

            perLayer[layer] = (double)same / neurons;
            progress?.Report((layer + 1.0) / layers);
        }

        return new AgreementResult(perLayer, neurons, Null(first, second, lengths, original.Spec.Width, nullCount, seed), nullCount, sharedHead);
    }

    private static double Null(NeuronReader first, NeuronReader second, float[] lengths, int width, int count, int seed)
    {
        var gaussian = new GaussianRows(seed);
        int same = 0;
        foreach ((int start, int n) in NeuronReader.Batches(count))
        {
            float[] rows = gaussian.WithNorms([.. Enumerable.Range(start, n).Select(i => lengths[(int)((long)i * lengths.Length / count)])], width);
            same += Same(first.Read(first.Vectors(rows), 1, []), second.Read(second.Vectors(rows), 1, []));
        }

        return (double)same / count;
    }

    private static int Same(NeuronBatch a, NeuronBatch b) => a.TopIds.Zip(b.TopIds).Count(p => p.First == p.Second);

    private static void RequireAlike(Model a, Model b)
    {
        if ((a.Spec.Layers, a.Spec.Width, a.Spec.Mlp.Width, a.Spec.Mlp.Gated) != (b.Spec.Layers, b.Spec.Width, b.Spec.Mlp.Width, b.Spec.Mlp.Gated))
        {
            throw new WeirException($"{a.Location} and {b.Location} have not the same neurons ({a.Spec.Layers} layers of {a.Spec.Mlp.Width} in width {a.Spec.Width}, and {b.Spec.Layers} of {b.Spec.Mlp.Width} in {b.Spec.Width}); compare checkpoints of one model.");
        }

        if (a.Spec.VocabularySize != b.Spec.VocabularySize)
        {
            throw new WeirException($"{a.Location} has {a.Spec.VocabularySize} tokens and {b.Location} {b.Spec.VocabularySize}; only checkpoints of one tokenizer can be compared.");
        }

        if (!a.HasTokenizer && !b.HasTokenizer)
        {
            return;
        }

        int common = Math.Min(a.Tokenizer.VocabularySize, b.Tokenizer.VocabularySize);
        int other = a.Tokenizer.VocabularySize != b.Tokenizer.VocabularySize ? common
            : Enumerable.Range(0, common).FirstOrDefault(id => a.Tokenizer.TokenText(id) != b.Tokenizer.TokenText(id), -1);
        if (other >= 0)
        {
            throw new WeirException($"The tokenizers of {a.Location} and {b.Location} differ, first at token {other}; only checkpoints of one tokenizer can be compared.");
        }
    }
}
