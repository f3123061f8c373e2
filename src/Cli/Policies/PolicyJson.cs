using System.Text.Json;
using Weir.Analysis.Policies;
using Weir.Analysis.Statistics;
using Weir.Cli.Output;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Engine.Tokenizers;

namespace Weir.Cli.Policies;

/// <summary>Internal policies as JSON.</summary>
internal static class PolicyJson
{
    /// <summary>The measures' names in result.json and tensors.safetensors; the paper's quantities first.</summary>
    public static IReadOnlyList<(string Name, PolicyMeasure Measure)> Fields { get; } =
    [
        ("H_layer", PolicyMeasure.LayerEntropy), ("H_attn", PolicyMeasure.AttentionEntropy), ("H_ffn", PolicyMeasure.FfnEntropy),
        ("dH_layer", PolicyMeasure.LayerChange), ("dH_attn", PolicyMeasure.AttentionChange), ("dH_ffn", PolicyMeasure.FfnChange),
        ("cos_attn", PolicyMeasure.AttentionCosine), ("cos_ffn", PolicyMeasure.FfnCosine),
        ("H_layer_input", PolicyMeasure.LayerInputEntropy), ("H_attn_input", PolicyMeasure.AttentionInputEntropy), ("H_ffn_input", PolicyMeasure.FfnInputEntropy),
        ("kl_layer", PolicyMeasure.LayerDivergence), ("kl_attn", PolicyMeasure.AttentionDivergence), ("kl_ffn", PolicyMeasure.FfnDivergence),
        ("topk_overlap", PolicyMeasure.LayerOverlap),
    ];

    /// <summary>Writes the measures and the answers.</summary>
    public static void Write(Utf8JsonWriter json, Model model, PolicyResult result)
    {
        ITokenizer? tokenizer = model.HasTokenizer ? model.Tokenizer : null;
        Estimate boundary = result.BoundaryLayer;
        json.WriteNumber("n", result.Samples.Count);
        json.WriteNumber("n_prompts", result.Prompts);
        JsonNumbers.Write(json, "H_ceiling", result.Ceiling);
        JsonNumbers.Write(json, "entropy_final", result.FinalEntropy);
        JsonNumbers.Write(json, "boundary_layer", boundary);
        JsonNumbers.Write(json, "boundary_layer_0based", boundary.Mean > 0 ? boundary.Mean - 1 : double.NaN);
        json.WriteStartArray("layers");
        for (int l = 0; l < result.Layers; l++)
        {
            json.WriteStartObject();
            json.WriteNumber("layer_1based", l + 1);
            json.WriteNumber("layer_0based", l);
            foreach ((string name, PolicyMeasure measure) in Fields)
            {
                JsonNumbers.Write(json, name, result.Mean(measure, l));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("samples");
        foreach (PolicySample sample in result.Samples)
        {
            json.WriteStartObject();
            json.WriteString("prompt", tokenizer?.Decode([.. sample.Prompt], skipSpecialTokens: false));
            json.WriteString("response", tokenizer?.Decode([.. sample.Response], skipSpecialTokens: false));
            RunRecord.WriteIds(json, "prompt_ids", sample.Prompt);
            RunRecord.WriteIds(json, "response_ids", sample.Response);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
