using System.Globalization;
using System.Runtime.InteropServices;
using Weir.Analysis.Neurons;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Neurons;

/// <summary>
/// A map as tensors: norm, log-sum-exp, top ids (I32) and products, each [layers, neurons, ...], with what was decoded how in
/// the header.
/// </summary>
internal static class NeuronMapTensors
{
    // Numbers of f64 that are f32 at a time while the file is written.
    private const int Chunk = 1 << 16;

    /// <summary>Adds them to a report; they are read from the map when it is saved.</summary>
    public static void Add(Report report, Model model, NeuronMapResult map, TokenNeuronsResult? tokens)
    {
        report.TensorNotes["format"] = "weir.neuron_index";
        report.TensorNotes["model"] = model.Hash;
        report.TensorNotes["matrix"] = map.Reading.Matrix.ToString().ToLowerInvariant();
        report.TensorNotes["norm_variant"] = map.Reading.Norm.ToString().ToLowerInvariant();
        report.TensorNotes["gain"] = map.Reading.InputGain ? "on" : "off";
        report.TensorNotes["head"] = map.Reading.Basis.ToString().ToLowerInvariant();
        report.TensorNotes["vocab"] = model.Spec.VocabularySize.ToString(CultureInfo.InvariantCulture);
        long[] each = [map.Layers, map.Neurons], lists = [map.Layers, map.Neurons, map.TopK];
        report.Tensor("norm", each, map.Norms);
        report.Tensor("lse_none", each, map.LogSumExp[(int)NeuronNorm.None]);
        report.Tensor("lse_scale", each, map.LogSumExp[(int)NeuronNorm.Scale]);
        report.Tensor("top_ids", lists, map.TopIds);
        report.Tensor("top_s", lists, map.Top.Plain);
        report.Tensor("top_cos", lists, map.Top.Cosines);
        if (map.Reading.Norm == NeuronNorm.Full)
        {
            report.Tensor("lse_full", each, map.LogSumExp[(int)NeuronNorm.Full]);
            report.Tensor("top_s_full", lists, map.Top.Full);
        }

        if (tokens is not null)
        {
            long[] shape = [model.Spec.VocabularySize, tokens.TopK];
            report.TensorNotes["token_neurons_by"] = tokens.Rank.ToString().ToLowerInvariant();
            report.Tensor("token_neurons", shape, tokens.Neurons);
            report.Tensor("token_values", shape, stream =>
            {
                foreach (double[] part in tokens.Values.Chunk(Chunk))
                {
                    stream.Write(MemoryMarshal.AsBytes(Array.ConvertAll(part, v => (float)v).AsSpan()));
                }
            });
        }
    }
}
