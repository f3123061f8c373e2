using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Policies;

/// <summary>
/// The next-token policies inside a model (arXiv 2512.19673): each layer's residual and what its attention and FFN add to it,
/// through the unembedding. One pass a sample over prompt and answer; states stay on the device and are reduced there.
/// </summary>
public static class InternalPolicies
{
    // States read of a layer, in this order, after the first layer's input.
    private const int AttentionIn = 0, Attention = 1, FfnIn = 2, Ffn = 3, Out = 4, StatesOfLayer = 5;

    // Tensors of a layer that are alive at once: three captures besides its output, two inputs behind norms, one sum.
    private const int TensorsOfLayer = 7;

    /// <summary>Reads the policies of answers.</summary>
    /// <param name="model">The model.</param>
    /// <param name="samples">Prompts and answers, at least one.</param>
    /// <param name="options">How.</param>
    /// <exception cref="WeirException">
    /// A sample without a prompt or an answer, or longer than the model's context; a norm asked for that the model does not have.
    /// </exception>
    public static PolicyResult Run(Model model, IReadOnlyList<PolicySample> samples, PolicyOptions? options = null)
    {
        options ??= new PolicyOptions();
        Check(model, samples, options);
        int layers = model.Spec.Layers;
        var result = new PolicyResult(options, layers, model.Spec.VocabularySize, samples);
        for (int s = 0; s < samples.Count; s++)
        {
            int[] ids = [.. samples[s].Prompt, .. samples[s].Response];
            long layerBytes = (long)ids.Length * model.Spec.Width * sizeof(float) * TensorsOfLayer;
            int group = (int)Math.Clamp(options.StateBytes / layerBytes, 1, layers);
            for (int first = 0; first < layers; first += group)
            {
                int count = Math.Min(group, layers - first);
                double share = 1.0 / samples.Count;
                Read(model, ids, result, s, first, count, options.Progress is null ? null
                    : new PartOfProgress(options.Progress, (s + ((double)first / layers)) * share, share * count / layers));
            }
        }

        return result;
    }

    private static void Read(Model model, int[] ids, PolicyResult result, int sample, int first, int layers, IProgress<double>? progress)
    {
        PolicyOptions options = result.Options;
        int rows = result.Samples[sample].Response.Count;
        int start = ids.Length - rows - (options.Rows == PolicyRows.Predicting ? 1 : 0);
        using ForwardResult pass = model.Forward(ids, Captures(model, first, layers), new ForwardOptions { Logits = LogitRows.None });
        using var memory = new Arena(model.Device);
        Tensor At(Site site) => pass[site].RowRange(start, rows);
        Tensor New() => memory.Allocate(new Shape(rows, model.Spec.Width));

        Tensor x = At(Site.ResidualPre[first]);
        var states = new List<Tensor> { x };
        Tensor cosines = memory.Allocate(new Shape(2 * layers * rows, 4));
        for (int i = 0; i < layers; i++)
        {
            int l = first + i;
            (Tensor attentionIn, Tensor ffnIn) = (New(), New());
            (Tensor attention, Tensor ffn, Tensor output) = (At(Site.AttentionOut[l]), At(Site.MlpOut[l]), At(Site.ResidualPost[l]));
            Tensor mid = model.Spec.ParallelResidual ? New() : At(Site.ResidualMid[l]);
            if (model.Spec.ParallelResidual)
            {
                model.Device.Ops.Add(x, attention, mid);
            }

            model.Sublayers.AttentionInput(l, x, attentionIn);
            model.Sublayers.MlpInput(l, model.Spec.ParallelResidual ? x : mid, ffnIn);
            model.Device.Ops.CompareRows(attention, x, cosines.RowRange(2 * i * rows, rows));
            model.Device.Ops.CompareRows(ffn, mid, cosines.RowRange(((2 * i) + 1) * rows, rows));
            states.AddRange([attentionIn, attention, ffnIn, ffn, output]);
            x = output;
        }

        PolicyReading policies = PolicyReading.Read(model, states, At(Site.ResidualPost[model.Spec.Layers - 1]), options, progress);
        float[] statistics = model.Device.Read<float>(cosines);
        for (int i = 0; i < layers; i++)
        {
            Reduce(result, sample, first + i, policies, i, statistics);
        }

        result.FinalEntropies[sample] = Mean(rows, policies.OwnEntropy);
    }

    private static HookSet Captures(Model model, int first, int layers)
    {
        var hooks = new HookSet().Capture(Site.ResidualPre[first], Site.ResidualPost[model.Spec.Layers - 1]);
        for (int l = first; l < first + layers; l++)
        {
            hooks.Capture(Site.AttentionOut[l], Site.MlpOut[l], Site.ResidualPost[l]);
            if (!model.Spec.ParallelResidual)
            {
                hooks.Capture(Site.ResidualMid[l]);
            }
        }

        return hooks;
    }

    private static void Reduce(PolicyResult result, int sample, int layer, PolicyReading policies, int index, float[] statistics)
    {
        int rows = policies.Rows, first = (index * StatesOfLayer) + 1;
        double Entropy(int state) => Mean(rows, p => policies.Entropy(state, p));
        double Divergence(int state) => Mean(rows, p => policies.Divergence(state, p));
        double Cosine(int part) => Mean(rows, p => Of(statistics.AsSpan(4 * ((((2 * index) + part) * rows) + p), 4)));
        void Set(PolicyMeasure measure, double value) => result[measure, sample, layer] = value;

        double input = Entropy(first - 1), attentionIn = Entropy(first + AttentionIn), attention = Entropy(first + Attention);
        double ffnIn = Entropy(first + FfnIn), ffn = Entropy(first + Ffn), output = Entropy(first + Out);
        Set(PolicyMeasure.LayerInputEntropy, input);
        Set(PolicyMeasure.AttentionInputEntropy, attentionIn);
        Set(PolicyMeasure.AttentionEntropy, attention);
        Set(PolicyMeasure.FfnInputEntropy, ffnIn);
        Set(PolicyMeasure.FfnEntropy, ffn);
        Set(PolicyMeasure.LayerEntropy, output);
        Set(PolicyMeasure.LayerChange, output - input);
        Set(PolicyMeasure.AttentionChange, attention - attentionIn);
        Set(PolicyMeasure.FfnChange, ffn - ffnIn);
        Set(PolicyMeasure.AttentionDivergence, Divergence(first + Attention));
        Set(PolicyMeasure.FfnDivergence, Divergence(first + Ffn));
        Set(PolicyMeasure.LayerDivergence, Divergence(first + Out));
        Set(PolicyMeasure.LayerOverlap, Mean(rows, p => policies.Overlap(first + Out, p)));
        Set(PolicyMeasure.AttentionCosine, Cosine(0));
        Set(PolicyMeasure.FfnCosine, Cosine(1));
    }

    // 0 where a vector is 0: it has no direction.
    private static double Of(ReadOnlySpan<float> statistics) =>
        statistics[0] > 0 && statistics[1] > 0 ? statistics[2] / (Math.Sqrt(statistics[0]) * Math.Sqrt(statistics[1])) : 0;

    private static double Mean(int rows, Func<int, double> value)
    {
        double sum = 0;
        for (int p = 0; p < rows; p++)
        {
            sum += value(p);
        }

        return sum / rows;
    }

    private static void Check(Model model, IReadOnlyList<PolicySample> samples, PolicyOptions options)
    {
        if (options.Norm != LensNorm.None && !model.Spec.FinalNorm)
        {
            throw new WeirException($"UnsupportedNorm: this {model.Spec.Family} model has no final norm, so that its internal policies can only be read with none.");
        }

        if (options.TopK < 1 || samples.Count == 0)
        {
            throw new WeirException($"Internal policies need at least one sample and one token to compare, not {samples.Count} and {options.TopK}.");
        }

        for (int s = 0; s < samples.Count; s++)
        {
            (int prompt, int response) = (samples[s].Prompt.Count, samples[s].Response.Count);
            if (prompt == 0 || response == 0)
            {
                throw new WeirException($"Sample {s} has a prompt of {prompt} and an answer of {response} tokens; each needs at least one.");
            }

            if (prompt + response > model.Spec.ContextLength)
            {
                throw new WeirException($"Sample {s} has {prompt + response} tokens, more than the {model.Spec.ContextLength} of the model's context; shorten its answer.");
            }
        }
    }
}
