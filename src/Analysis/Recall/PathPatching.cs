using Weir.Engine;
using Weir.Engine.Families;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Analysis.Recall;

/// <summary>
/// Path patching (Wang et al. 2022; Goldowsky-Dill et al. 2023) from each head, each attention and each MLP to the residual behind the last
/// block, at END: the sender writes its mean over corrupted prompts, queries, keys and values of all heads stay as they were,
/// MLPs run free. END is the last position and attention is frozen, so nothing but END's residual changes, and only through
/// the MLPs behind the sender: these alone are run again, on a row a prompt and head. The values are those of the four passes
/// of <see cref="FourPasses"/>, to rounding.
/// </summary>
public static class PathPatching
{
    /// <summary>Patches every head, every attention and every MLP.</summary>
    /// <param name="model">The model.</param>
    /// <param name="clean">States of the prompts.</param>
    /// <param name="corrupted">States of the corrupted prompts, of which each sender's mean at END is put in.</param>
    /// <param name="value">What is measured.</param>
    /// <param name="freezeMlps">True to leave MLPs as they were, too: direct paths alone.</param>
    /// <param name="progress">Told the fraction of layers done.</param>
    public static PathPatchingResult Run(
        Model model, EndStates clean, EndStates corrupted, LogitDirections value, bool freezeMlps = false, IProgress<double>? progress = null)
    {
        int layers = model.Spec.Layers;
        (float[] Z, float[] Mlp)[] means = [.. Enumerable.Range(0, layers).Select(l => (corrupted.Mean(corrupted.Z(l)), corrupted.Mean(corrupted.Mlp(l))))];
        return Run(model, clean, (l, _) => means[l].Z, (l, _) => means[l].Mlp, value, freezeMlps, progress);
    }

    /// <summary>The same with values of one's own for what is put in.</summary>
    /// <param name="model">The model.</param>
    /// <param name="clean">States of the prompts.</param>
    /// <param name="z">[heads * size] that a layer's heads mix to on a prompt.</param>
    /// <param name="mlp">[d] that a layer's MLP adds on a prompt.</param>
    /// <param name="value">What is measured.</param>
    /// <param name="freezeMlps">True to leave MLPs as they were, too.</param>
    /// <param name="progress">Told the fraction of layers done.</param>
    public static PathPatchingResult Run(
        Model model, EndStates clean, Func<int, int, ReadOnlySpan<float>> z, Func<int, int, ReadOnlySpan<float>> mlp,
        LogitDirections value, bool freezeMlps = false, IProgress<double>? progress = null)
    {
        int layers = model.Spec.Layers, heads = model.Spec.Attention.Heads;
        double[,][] headValues = new double[layers, heads][];
        double[][] attentionValues = new double[layers][], mlpValues = new double[layers][];
        for (int l = 0; l < layers; l++)
        {
            for (int h = 0; h < heads; h++)
            {
                headValues[l, h] = new double[clean.Count];
            }

            attentionValues[l] = new double[clean.Count];
            mlpValues[l] = new double[clean.Count];
            foreach ((int first, int count) in RowGroups.Of(model.Spec, clean.Count, heads))
            {
                using var chain = new MlpChain(model, clean, first, count, heads, freezeMlps);
                double[] patched = value.Read(chain.FromHeads(l, z), heads, first);
                for (int i = 0; i < patched.Length; i++)
                {
                    headValues[l, i % heads][first + (i / heads)] = patched[i];
                }
            }

            foreach ((int first, int count) in RowGroups.Of(model.Spec, clean.Count, 1))
            {
                using var chain = new MlpChain(model, clean, first, count, 1, freezeMlps);
                value.Read(chain.FromAttention(l, z), 1, first).CopyTo(attentionValues[l], first);
                value.Read(chain.FromMlp(l, mlp), 1, first).CopyTo(mlpValues[l], first);
            }

            progress?.Report((l + 1.0) / layers);
        }

        return new PathPatchingResult(value.Read(clean.Final), headValues, attentionValues, mlpValues);
    }
}
