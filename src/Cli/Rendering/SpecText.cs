using System.Globalization;
using Weir.Engine.Families;
using Weir.Engine.Tokenizers;
using Weir.Kernels.Ops;

namespace Weir.Cli.Rendering;

/// <summary>A model's description in words.</summary>
internal static class SpecText
{
    private const int MostSpecialShown = 8;

    /// <summary>One line that names a model.</summary>
    public static string Line(string directory, ModelSpec spec)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));
        return $"{name} ({spec.Family}, {spec.Layers} layers, width {spec.Width})";
    }

    /// <summary>What the forward pass is made of.</summary>
    public static IEnumerable<(string Name, string Value)> Facts(ModelSpec spec)
    {
        AttentionSpec a = spec.Attention;
        yield return ("family", spec.Family);
        yield return ("size", $"{spec.Layers} layers, width {spec.Width}, vocabulary {Text.Grouped(spec.VocabularySize)}, context {Text.Grouped(spec.ContextLength)}");
        yield return ("attention", Join(
            $"{a.Heads} heads of {a.HeadSize}",
            a.KeyValueHeads != a.Heads ? $"{a.KeyValueHeads} key/value heads" : null,
            $"scale {Number(a.Scale)}{(a.InverseLayerScale ? " / (layer + 1)" : "")}",
            a.Softcap > 0 ? $"scores capped at {Number(a.Softcap)}" : null,
            a.QueryKeyNorm != QueryKeyNorm.None ? $"q/k norm {Words(a.QueryKeyNorm)}" : null,
            Windows(spec)));
        yield return ("positions", a.Rope is { } rope
            ? Join($"rotary, {rope.Dimensions} of {a.HeadSize} dimensions", $"base {Number(rope.Theta)}", rope.Rule == "default" ? null : $"{rope.Rule} scaling", rope.Magnitude != 1 ? $"magnitude {Number(rope.Magnitude)}" : null)
            : spec.Embedding.PositionRows > 0 ? $"learned, {Text.Grouped(spec.Embedding.PositionRows)} rows" : "none");
        yield return ("mlp", $"{(spec.Mlp.Gated ? "gated" : "plain")}, width {spec.Mlp.Width}, {Words(spec.Mlp.Activation)}");
        yield return ("norm", Join(spec.Norm.Kind == NormKind.RmsNorm ? "RMSNorm" : "LayerNorm", $"epsilon {Number(spec.Norm.Epsilon)}", Words(spec.Placement), spec.Norm.GainOffset != 0 ? $"gain offset {Number(spec.Norm.GainOffset)}" : null, spec.FinalNorm ? "final norm" : "no final norm"));
        yield return ("residual", spec.ParallelResidual ? "attention and MLP in parallel" : "attention, then MLP");
        yield return ("embedding", Join(
            spec.TiedHead ? "tied with the unembedding" : "untied",
            spec.Embedding.Width != spec.Width ? $"width {spec.Embedding.Width}, projected" : null,
            spec.Embedding.Scale != 1 ? $"scaled by {Number(spec.Embedding.Scale)}" : null,
            spec.FinalSoftcap > 0 ? $"logits capped at {Number(spec.FinalSoftcap)}" : null));
    }

    /// <summary>A tokenizer's vocabulary and special tokens.</summary>
    public static string Tokenizer(ModelSpec spec, ITokenizer tokenizer)
    {
        int[] special = [.. SpecialIds(tokenizer)];
        string shown = string.Join(", ", special.Take(MostSpecialShown).Select(id => $"{tokenizer.Piece(id)} = {id}"));
        return Join(
            $"{Text.Grouped(tokenizer.VocabularySize)} tokens",
            special.Length == 0 ? "none special" : $"{Text.Of(special.Length)} special ({shown}{(special.Length > MostSpecialShown ? ", ..." : "")})",
            spec.BeginToken is { } begin ? $"begin {begin}" : "no begin token",
            spec.EndTokens.Count > 0 ? $"end {string.Join(" or ", spec.EndTokens)}" : "no end token");
    }

    /// <summary>Ids of the special tokens.</summary>
    public static IEnumerable<int> SpecialIds(ITokenizer tokenizer) => Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsSpecial);

    private static string? Windows(ModelSpec spec)
    {
        if (spec.Attention.Windows.Count == 0 || spec.Attention.Windows.All(w => w == 0))
        {
            return null;
        }

        int windowed = spec.Attention.Windows.Count(w => w > 0);
        return $"window of {spec.Attention.Windows.Max()} in {(windowed == spec.Layers ? "every layer" : $"{windowed} of {spec.Layers} layers")}";
    }

    private static string Join(params string?[] parts) => string.Join(", ", parts.Where(p => p is not null));

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Words(QueryKeyNorm norm) => norm == QueryKeyNorm.PerHead ? "of each head" : "over all heads";

    private static string Words(Activation activation) => activation switch
    {
        Activation.GeluTanh => "GELU (tanh)",
        Activation.GeluErf => "GELU",
        Activation.Relu => "ReLU",
        Activation.Silu => "SiLU",
        _ => activation.ToString(),
    };

    private static string Words(NormPlacement placement) => placement switch
    {
        NormPlacement.Pre => "before each sublayer",
        NormPlacement.Sandwich => "before and after each sublayer",
        NormPlacement.SublayerOutput => "on each sublayer's output",
        _ => "after each sum",
    };
}
