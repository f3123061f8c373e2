using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>A neuron's values in passes.</summary>
internal static class NeuronSites
{
    /// <summary>The site of a neuron's value.</summary>
    /// <exception cref="WeirException">The model's MLPs have no gate.</exception>
    public static Site Of(ModelSpec spec, ClampSite site, int layer) => site switch
    {
        ClampSite.Product => Site.MlpPost[layer],
        ClampSite.Gate when !spec.Mlp.Gated => throw new WeirException($"This {spec.Family} model's MLPs have no gate; use up or product."),
        ClampSite.Up when spec.Mlp.Gated => Site.MlpPreLinear[layer],
        _ => Site.MlpPre[layer],
    };

    /// <summary>A neuron's value at every position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="site">Which value.</param>
    /// <param name="layer">Its block.</param>
    /// <param name="index">The neuron.</param>
    /// <param name="sequences">Token ids.</param>
    /// <returns>For each sequence, a value a position.</returns>
    public static float[][] Read(Model model, ClampSite site, int layer, int index, IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        float[] values = new float[sequences.Sum(s => s.Count)];
        HookSet hooks = new HookSet().Tap(Of(model.Spec, site, layer), tap =>
        {
            // Read through the device, which gathers a column of rows wherever they lie.
            tap.Device.Read(tap.Value.Reshape(tap.Value.Rows, tap.Value.Width).Columns(index, 1), System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        });
        model.Forward(sequences, hooks, new ForwardOptions { Logits = LogitRows.None }).Dispose();
        float[][] result = new float[sequences.Count][];
        for (int s = 0, at = 0; s < result.Length; at += result[s++].Length)
        {
            result[s] = values[at..(at + sequences[s].Count)];
        }

        return result;
    }

    /// <summary>Refuses a neuron that the model has not.</summary>
    public static void Require(ModelSpec spec, int layer, int index)
    {
        if ((uint)layer >= (uint)spec.Layers || (uint)index >= (uint)spec.Mlp.Width)
        {
            throw new WeirException($"There is no neuron {layer}.{index}: the model has layers 0 to {spec.Layers - 1} with neurons 0 to {spec.Mlp.Width - 1}.");
        }
    }
}
