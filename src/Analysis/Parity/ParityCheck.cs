using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Parity;

/// <summary>
/// Compares a model with reference.safetensors: activations that Hugging Face transformers computed in float32 for the
/// prompts in it. Tolerance for every tensor: max(5e-5, 1e-5 x its largest absolute value); greedy tokens must be the same.
/// </summary>
public static class ParityCheck
{
    private const string FileName = "reference.safetensors";

    // The pass beside the reading back, the greedy text and the comparison, roughly.
    private const double PassShare = 0.5;

    /// <summary>Runs the reference's prompts and compares every tensor that Weir has a counterpart of.</summary>
    /// <param name="model">The model.</param>
    /// <param name="referencePath">The reference, or null for reference.safetensors in the model's directory.</param>
    /// <param name="progress">Told the fraction done; what it throws stops the comparison.</param>
    /// <exception cref="WeirException">There is no reference, or it is not one of this model.</exception>
    public static ParityReport Run(Model model, string? referencePath = null, IProgress<double>? progress = null)
    {
        using SafetensorsFile reference = SafetensorsFile.Open(referencePath ?? Path.Combine(model.Location, FileName));
        TensorView ids = reference.Find("input_ids") is { } found && found.Shape.Length == 2
            ? found
            : throw new WeirException($"{reference.Path} has no input_ids [prompts, tokens]; make it with the fixture script's tensor names.");
        int prompts = (int)ids.Shape[0];
        int length = (int)ids.Shape[1];
        int[] flat = [.. ids.ToInt64().Select(i => (int)i)];
        int[][] sequences = [.. Enumerable.Range(0, prompts).Select(p => flat[(p * length)..((p + 1) * length)])];

        HookSet hooks = new();
        foreach (SitePoint point in (ReadOnlySpan<SitePoint>)[SitePoint.ResidualPre, SitePoint.ResidualPost, SitePoint.Pattern, SitePoint.AttentionOut, SitePoint.MlpOut, SitePoint.MlpPost, SitePoint.AttentionRaw, SitePoint.MlpRaw])
        {
            if (SiteCatalog.Info(point).Missing(model.Spec) is null)
            {
                hooks.Capture(new Site(point, Site.EveryLayer));
            }
        }

        using ForwardResult run = model.Forward(sequences, hooks, new ForwardOptions { Progress = progress is null ? null : new PartOfProgress(progress, 0, PassShare) });
        var rows = new List<ParityRow>();
        var skipped = new List<(string, string)>();
        TensorView[] tensors = [.. reference.Tensors.OrderBy(t => Order(t.Name)).ThenBy(t => t.Name, StringComparer.Ordinal)];
        for (int i = 0; i < tensors.Length; i++)
        {
            TensorView tensor = tensors[i];
            progress?.Report(PassShare + ((1 - PassShare) * i / tensors.Length));
            if (tensor.Name == "greedy")
            {
                rows.Add(Greedy(model, sequences, tensor));
            }
            else if (Counterpart(model, run, tensor.Name, prompts) is { } ours)
            {
                rows.Add(Compare(tensor, ours.Site, ours.Values));
            }
            else if (tensor.Name != "input_ids")
            {
                skipped.Add((tensor.Name, tensor.Name == "loss" || tensor.Name.StartsWith("grad.", StringComparison.Ordinal)
                    ? "belongs to training"
                    : "has no counterpart"));
            }
        }

        progress?.Report(1);
        return new ParityReport(model.Location, model.Spec.Family, rows, skipped);
    }

    private static (string Site, float[] Values)? Counterpart(Model model, ForwardResult run, string name, int prompts)
    {
        ModelSpec spec = model.Spec;
        string[] parts = name.Split('.');
        int layer = parts.Length == 2 && int.TryParse(parts[1], out int l) ? l : -1;
        bool postNormed = spec.Placement is NormPlacement.Sandwich or NormPlacement.SublayerOutput;
        (string, float[])? At(LayeredSite site) => layer >= 0 && layer < spec.Layers ? (site[layer].Name, model.Device.Read<float>(run[site[layer]])) : null;
        return parts[0] switch
        {
            "logits" => ("logits", model.Device.Read<float>(run.Logits)),
            "hidden_states" when layer == spec.Layers => ("the unembedding's input", LensReader.HeadInput(model, run[Site.ResidualPost[layer - 1]])),
            "hidden_states" => At(Site.ResidualPre),
            "block_out" => At(Site.ResidualPost),
            "attentions" when layer >= 0 && layer < spec.Layers =>
                (Site.Pattern[layer].Name, [.. Enumerable.Range(0, prompts).SelectMany(p => model.Device.Read<float>(run.AttentionMapOf(Site.Pattern[layer], p)))]),
            "attn_out" => At(postNormed ? new LayeredSite(SitePoint.AttentionRaw) : Site.AttentionOut),
            "mlp_out" => At(postNormed ? new LayeredSite(SitePoint.MlpRaw) : Site.MlpOut),
            "attn_out_postnorm" => At(Site.AttentionOut),
            "mlp_out_postnorm" => At(Site.MlpOut),
            "mlp_act" => At(Site.MlpPost),
            _ => null,
        };
    }

    private static ParityRow Compare(TensorView reference, string site, float[] ours)
    {
        float[] theirs = reference.ToFloat32();
        if (theirs.Length != ours.Length)
        {
            throw new WeirException($"{reference.File} is not a reference of this model: {reference.Name} has {theirs.Length} values, {site} has {ours.Length}.");
        }

        double largest = 0;
        double difference = 0;
        for (int i = 0; i < ours.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs((double)theirs[i]));
            double d = Math.Abs((double)ours[i] - theirs[i]);
            difference = double.IsNaN(d) ? double.NaN : Math.Max(difference, d);
        }

        return new ParityRow(reference.Name, site, ours.Length, largest, difference, Math.Max(5e-5, 1e-5 * largest));
    }

    private static ParityRow Greedy(Model model, int[][] sequences, TensorView reference)
    {
        int steps = (int)reference.Shape[1];
        // transformers goes on past the context where positions are rotary; the last token is never fed.
        int fit = Math.Min(steps, model.Spec.ContextLength - sequences[0].Length + 1);
        int[] theirs = [.. reference.ToInt64().Select(i => (int)i)];
        IReadOnlyList<int[]> ours = Generator.Complete(model, sequences, new GenerationOptions { MaxTokens = fit, EndTokens = [] });
        int compared = 0;
        int different = 0;
        for (int s = 0; s < sequences.Length; s++)
        {
            int[] row = theirs[(s * steps)..((s + 1) * steps)];
            int count = Math.Min(fit, BeforePadding(row, model.Spec.EndTokens));
            compared += count;
            different += Enumerable.Range(0, count).Count(i => row[i] != ours[s][i]);
        }

        return new ParityRow(reference.Name, $"{compared} of {theirs.Length} greedy tokens, to the end token or the context's end", compared, 0, different, 0);
    }

    // Tokens up to the end token, itself included, where one id alone stands behind it; else all.
    private static int BeforePadding(int[] row, IReadOnlyList<int> ends)
    {
        int end = Array.FindIndex(row, ends.Contains);
        return end >= 0 && end < row.Length - 1 && row.AsSpan(end + 1).IndexOfAnyExcept(row[^1]) < 0 ? end + 1 : row.Length;
    }

    private static int Order(string name) => name switch
    {
        "logits" => 0,
        "greedy" => 1,
        _ when name.StartsWith("hidden_states", StringComparison.Ordinal) => 2,
        _ when name.StartsWith("block_out", StringComparison.Ordinal) => 3,
        _ when name.StartsWith("attentions", StringComparison.Ordinal) => 4,
        _ when name.StartsWith("attn_out", StringComparison.Ordinal) => 5,
        _ when name.StartsWith("mlp_out", StringComparison.Ordinal) => 6,
        _ => 7,
    };
}
