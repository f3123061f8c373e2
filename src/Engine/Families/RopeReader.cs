using System.Text.Json;
using Weir.Engine.Checkpoints;

namespace Weir.Engine.Families;

/// <summary>
/// Reads the rotary settings of both forms of config.json: transformers 5's rope_parameters, and transformers 4's
/// rope_scaling beside rope_theta. A key that the rule does not know is an error: it would have been meant to do something.
/// </summary>
internal static class RopeReader
{
    private static readonly JsonDocument s_none = JsonDocument.Parse("{}");
    private static readonly string[] s_layerTypes = ["full_attention", "sliding_attention", "chunked_attention"];
    private static readonly string[] s_common = ["rope_type", "type", "rope_theta", "partial_rotary_factor"];
    private static readonly string[] s_llama3 = ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"];

    private static readonly string[] s_yarn =
    [
        "factor", "original_max_position_embeddings", "attention_factor", "beta_fast", "beta_slow", "mscale",
        "mscale_all_dim", "truncate",
    ];

    /// <summary>Reads the rule for heads of a size.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="headSize">Size of one head.</param>
    /// <param name="contextLength">max_position_embeddings, which stands in for a missing original length.</param>
    /// <param name="thetaKey">transformers 4's key of the base.</param>
    /// <param name="partialKey">transformers 4's key of the rotated fraction.</param>
    /// <param name="partial">The rotated fraction where nothing states it; null where the family rotates whole heads.</param>
    public static RopeSpec Read(
        ConfigReader config, int headSize, int contextLength,
        string thetaKey = "rope_theta", string partialKey = "partial_rotary_factor", double? partial = null)
    {
        ConfigReader rope = Parameters(config);
        double theta = rope.OptionalPositive("rope_theta") ?? config.Positive(thetaKey, 10_000);
        if (theta <= 1)
            throw config.OutOfRange(thetaKey, $"is {theta}, not over 1");
        double fraction = rope.OptionalPositive("partial_rotary_factor") ?? config.OptionalPositive(partialKey) ?? partial ?? 1;
        int dimensions = (int)(headSize * fraction);
        // An odd number of dimensions has as many frequencies as the even one over it, and turns as many.
        if (fraction > 1 || dimensions < 1 || dimensions + dimensions % 2 > headSize)
            throw config.OutOfRange(partialKey, $"of {fraction} rotates {dimensions} of {headSize} dimensions");
        if (partial is null && fraction != 1)
            throw config.Unsupported(partialKey, $"is {fraction}, but this family rotates whole heads");
        string rule = rope.Text("rope_type") ?? rope.Text("type") ?? "default";
        switch (rule)
        {
            case "default":
                RefuseOthers(rope, rule, []);
                return RopeScaling.Default(dimensions, theta);
            case "linear":
                RefuseOthers(rope, rule, ["factor"]);
                return RopeScaling.Linear(dimensions, theta, rope.Required("factor"));
            case "llama3":
                RefuseOthers(rope, rule, s_llama3);
                return Llama3(dimensions, theta, rope, OriginalContext(config, rope, contextLength));
            case "yarn":
                RefuseOthers(rope, rule, s_yarn);
                if (dimensions % 2 != 0)
                    throw config.OutOfRange(partialKey, $"of {fraction} rotates {dimensions} of {headSize} dimensions, an odd number");
                return RopeScaling.Yarn(dimensions, theta, Yarn(rope, OriginalContext(config, rope, contextLength), contextLength));
            default:
                throw rope.Unsupported("rope_type", $"is '{CheckpointException.Shown(rule)}'");
        }
    }

    /// <summary>
    /// Longest sequence: YaRN's original length times its factor where that is more than max_position_embeddings, because
    /// model cards turn YaRN on by adding rope_scaling alone.
    /// </summary>
    public static int ContextLength(ConfigReader config, int stated)
    {
        ConfigReader rope = Parameters(config);
        return (rope.Text("rope_type") ?? rope.Text("type")) == "yarn"
            ? Math.Max(stated, (int)Math.Min(Limits.Context, OriginalContext(config, rope, stated) * rope.Positive("factor", 1)))
            : stated;
    }

    private static ConfigReader Parameters(ConfigReader config)
    {
        ConfigReader? rope = config.Child("rope_scaling") is { } scaling && scaling.Keys.Any()
            ? scaling
            : config.Child("rope_parameters");
        if (rope is null)
            return new(s_none.RootElement, config.File);
        string[] keys = [.. rope.Keys];
        if (keys.Length == 0 || !keys.All(s_layerTypes.Contains))
            return rope;
        // One dictionary per kind of layer: fine while all kinds turn alike.
        foreach (string key in keys)
        {
            if (!JsonElement.DeepEquals(rope.Find(key)!.Value, rope.Find(keys[0])!.Value))
                throw rope.Unsupported(key, $"differs from {keys[0]}");
        }

        return rope.Child(keys[0])!;
    }

    private static RopeSpec Llama3(int dimensions, double theta, ConfigReader rope, double originalContext)
    {
        double low = rope.Required("low_freq_factor"), high = rope.Required("high_freq_factor");
        return high > low
            ? RopeScaling.Llama3(dimensions, theta, rope.Required("factor"), low, high, originalContext)
            : throw rope.OutOfRange("high_freq_factor", $"is {high}, not over low_freq_factor {low}");
    }

    private static YarnParameters Yarn(ConfigReader rope, double originalContext, int contextLength) => new()
    {
        Factor = rope.Positive("factor", contextLength / originalContext),
        OriginalContext = originalContext,
        BetaFast = rope.PositiveUnlessZero("beta_fast") ?? 32,
        BetaSlow = rope.PositiveUnlessZero("beta_slow") ?? 1,
        AttentionFactor = rope.OptionalPositive("attention_factor"),
        Mscale = rope.PositiveUnlessZero("mscale"),
        MscaleAllDim = rope.PositiveUnlessZero("mscale_all_dim"),
        Truncate = rope.Flag("truncate", true),
    };

    // As transformers: a value beside the dictionary goes before the one inside.
    private static double OriginalContext(ConfigReader config, ConfigReader rope, int contextLength) =>
        config.OptionalPositive("original_max_position_embeddings")
            ?? rope.Positive("original_max_position_embeddings", contextLength);

    private static void RefuseOthers(ConfigReader rope, string rule, ReadOnlySpan<string> known)
    {
        foreach (string key in rope.Keys)
        {
            if (!s_common.Contains(key) && !known.Contains(key))
                throw rope.Unsupported(CheckpointException.Shown(key), $"is not a setting of rope_type '{rule}'");
        }
    }
}
