using System.Runtime.InteropServices;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>
/// Finds a residual that makes the model name a concept (arXiv 2412.10257): the state v0 behind a late block where it is
/// about to, then noise, the best of many candidates again and again. No gradient.
/// </summary>
public static class ConceptVector
{
    private const int MostRows = 2048;
    private const float NoEpsilon = 1e-30f;

    /// <summary>Finds the vector.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">Token ids of a text whose next token is the concept.</param>
    /// <param name="token">The concept's first token.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told the fraction of the most rounds done.</param>
    /// <exception cref="WeirException">The layer does not exist, or the text makes the model say something with no room for the concept.</exception>
    public static ConceptVectorResult Run(Model model, IReadOnlyList<int> prompt, int token, ConceptVectorOptions options, IProgress<double>? progress = null)
    {
        int layers = model.Spec.Layers;
        if (options.Layer is { } wanted && (uint)wanted >= (uint)layers)
        {
            throw new WeirException($"There is no layer {wanted}: the model has layers 0 to {layers - 1}.");
        }

        int first = options.Layer ?? Math.Max(0, layers - Math.Max(1, layers / 4)), end = options.Layer is { } one ? one + 1 : layers;
        float[] states = LastResiduals(model, prompt, first, end);
        double[] own = Probabilities(model, states, token, options.Norm);
        double[] all = new double[layers];
        Array.Fill(all, double.NaN);
        own.CopyTo(all, first);
        int best = Enumerable.Range(0, own.Length).MaxBy(i => own[i]), width = model.Spec.Width;
        float[] start = states[(best * width)..((best + 1) * width)], vector = start;
        double probability = own[best];
        var gaussian = new GaussianRows(options.Seed);
        float sigma = (float)(options.Noise * Math.Sqrt(start.Sum(x => (double)x * x)) / Math.Sqrt(width));
        int round = 0;
        for (; round < options.MostRounds && probability < options.Enough; round++)
        {
            (float[] candidate, double found) = Best(model, vector, sigma, gaussian, token, options);
            if (found > probability)
            {
                (vector, probability) = (candidate, found);
            }

            progress?.Report((round + 1.0) / options.MostRounds);
        }

        return new ConceptVectorResult(first + best, all, start, own[best], vector, probability, round);
    }

    /// <summary>Probability of a token in vectors of the residual stream.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">[n, width].</param>
    /// <param name="token">The token.</param>
    /// <param name="norm">What stands in front of the unembedding.</param>
    public static double[] Probabilities(Model model, float[] rows, int token, NeuronNorm norm)
    {
        using var memory = new Arena(model.Device);
        Tensor states = memory.Upload<float>(rows, new Shape(rows.Length / model.Spec.Width, model.Spec.Width));
        if (norm == NeuronNorm.Scale)
        {
            float[] ones = new float[model.Spec.Width];
            Array.Fill(ones, 1);
            model.Device.Ops.RmsNorm(states, memory.Upload<float>(ones), 0, NoEpsilon, states);
        }

        LensResult lens = LensReader.Read(model, [states], new LensOptions
        {
            Norm = norm == NeuronNorm.Full ? LensNorm.Recomputed : LensNorm.None,
            TopK = 0,
            Entropy = false,
            Targets = [.. Enumerable.Range(0, states.Rows).Select(_ => new[] { token })],
        });
        return [.. lens.TargetLogProbabilities.Select(l => Math.Exp(l))];
    }

    private static (float[] Vector, double Probability) Best(
        Model model, float[] from, float sigma, GaussianRows gaussian, int token, ConceptVectorOptions options)
    {
        int width = from.Length;
        float[] best = from;
        double most = -1;
        for (int done = 0; done < options.Candidates; done += MostRows)
        {
            int n = Math.Min(MostRows, options.Candidates - done);
            float[] rows = new float[n * width];
            gaussian.Fill(rows);
            for (int i = 0; i < rows.Length; i++)
            {
                rows[i] = from[i % width] + (sigma * rows[i]);
            }

            double[] p = Probabilities(model, rows, token, options.Norm);
            int place = Enumerable.Range(0, n).MaxBy(i => p[i]);
            if (p[place] > most)
            {
                (best, most) = (rows[(place * width)..((place + 1) * width)], p[place]);
            }
        }

        return (best, most);
    }

    private static float[] LastResiduals(Model model, IReadOnlyList<int> prompt, int first, int end)
    {
        HookSet hooks = new HookSet().Capture([.. Enumerable.Range(first, end - first).Select(l => Site.ResidualPost[l])]);
        using ForwardResult run = model.Forward(prompt, hooks, new ForwardOptions { Logits = LogitRows.None });
        float[] states = new float[(end - first) * model.Spec.Width];
        for (int l = first; l < end; l++)
        {
            Tensor last = run[Site.ResidualPost[l]].RowRange(prompt.Count - 1, 1);
            model.Device.Read(last, MemoryMarshal.AsBytes(states.AsSpan((l - first) * model.Spec.Width, model.Spec.Width)));
        }

        return states;
    }
}
