using System.Globalization;
using System.Runtime.InteropServices;
using Weir.Analysis.Neurons;
using Weir.Cli.Rendering;
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
        report.TensorNotes["matrix"] = Text.Of(map.Reading.Matrix);
        report.TensorNotes["norm_variant"] = Text.Of(map.Reading.Norm);
        report.TensorNotes["gain"] = map.Reading.InputGain ? "on" : "off";
        report.TensorNotes["head"] = Text.Of(map.Reading.Basis);
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
            report.TensorNotes["token_neurons_by"] = Text.Of(tokens.Rank);
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
