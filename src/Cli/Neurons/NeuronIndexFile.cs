using System.Globalization;
using Weir.Analysis.Neurons;
using Weir.Cli.Output;
using Weir.Engine;
using Weir.Engine.Checkpoints;

namespace Weir.Cli.Neurons;

/// <summary>
/// A map as safetensors: norm, log-sum-exp, top ids (I32) and products, each [layers, neurons, ...], with what was decoded
/// how in the header.
/// </summary>
internal static class NeuronIndexFile
{
    /// <summary>Writes the file.</summary>
    public static void Save(string path, Model model, NeuronMapResult map, TokenNeuronsResult? tokens)
    {
        var writer = new SafetensorsWriter
        {
            Metadata =
            {
                ["format"] = "weir.neuron_index",
                ["model"] = model.Hash,
                ["matrix"] = map.Reading.Matrix.ToString().ToLowerInvariant(),
                ["norm_variant"] = map.Reading.Norm.ToString().ToLowerInvariant(),
                ["gain"] = map.Reading.InputGain ? "on" : "off",
                ["head"] = map.Reading.Basis.ToString().ToLowerInvariant(),
                ["vocab"] = model.Spec.VocabularySize.ToString(CultureInfo.InvariantCulture),
            },
        };
        long[] each = [map.Layers, map.Neurons], lists = [map.Layers, map.Neurons, map.TopK];
        writer.Add("norm", each, map.Norms);
        writer.Add("lse_none", each, map.LogSumExp[(int)NeuronNorm.None]);
        writer.Add("lse_scale", each, map.LogSumExp[(int)NeuronNorm.Scale]);
        writer.Add("top_ids", lists, map.TopIds);
        writer.Add("top_s", lists, map.Top.Plain);
        writer.Add("top_cos", lists, map.Top.Cosines);
        if (map.Reading.Norm == NeuronNorm.Full)
        {
            writer.Add("lse_full", each, map.LogSumExp[(int)NeuronNorm.Full]);
            writer.Add("top_s_full", lists, map.Top.Full);
        }

        if (tokens is not null)
        {
            long[] shape = [model.Spec.VocabularySize, tokens.TopK];
            writer.Metadata["token_neurons_by"] = tokens.Rank.ToString().ToLowerInvariant();
            writer.Add("token_neurons", shape, tokens.Neurons);
            writer.Add("token_values", shape, tokens.Values.Select(v => (float)v).ToArray());
        }

        OutputFile.Save(path, writer.Save);
    }
}
