using Weir.Engine.Checkpoints;

namespace Weir.Engine.Families;

/// <summary>Which layers see only the last keys.</summary>
internal static class Windows
{
    private const string Sliding = "sliding_attention";
    private const string Full = "full_attention";

    /// <summary>Windows by layer_types, or where that is absent by a family's rule; empty where no layer has one.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="layers">Number of layers.</param>
    /// <param name="window">Size of the window, or null for none.</param>
    /// <param name="slides">The family's rule.</param>
    public static IReadOnlyList<int> Read(ConfigReader config, int layers, int? window, Func<int, bool> slides)
    {
        IReadOnlyList<string>? types = config.Texts("layer_types");
        if (types is not null && types.Count != layers)
            throw config.OutOfRange("layer_types", $"has {types.Count} entries for {layers} layers");
        if (types?.FirstOrDefault(t => t is not (Sliding or Full)) is { } unknown)
            throw config.Unsupported("layer_types", $"has '{CheckpointException.Shown(unknown)}'");
        bool[] sliding = [.. Enumerable.Range(0, layers).Select(l => types is null ? slides(l) : types[l] == Sliding)];
        if (types is not null && window is null && sliding.Contains(true))
            throw config.OutOfRange("layer_types", "has sliding layers, but no sliding_window is in effect");
        return window is { } size && sliding.Contains(true) ? [.. sliding.Select(s => s ? size : 0)] : [];
    }

    /// <summary>The key sliding_window: absent means the family's default, a written null means none.</summary>
    public static int? Size(ConfigReader config, int fallback) =>
        config.IsNull("sliding_window") ? null : config.Size("sliding_window", fallback, Limits.Context);
}
