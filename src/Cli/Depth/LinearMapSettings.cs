using System.CommandLine;
using Weir.Analysis.Depth;
using Weir.Cli.Options;

namespace Weir.Cli.Depth;

/// <summary>Options of maps to another model.</summary>
internal sealed class LinearMapSettings
{
    private readonly TextSetting _target = new("--map-to", "MODEL_B", "map every residual linearly to every residual of this model, which has the same vocabulary");
    private readonly IntegerSetting _window = new("--window", "N", "tokens of a window; longer texts are cut into several", 512, 2);
    private readonly RealListSetting _ridges = new("--ridge", "X,...", "ridge penalty, in units of each input's mean square; of several, each map has the one that does best on as many windows as are held out, in front of those", 1e-5, "numbers of at least 0", v => v >= 0);
    private readonly RealSetting _heldOut = new("--held-out", "X", "share of the windows, the last ones, that maps are tested on", 0.2f, "a number between 0 and 1", v => v is > 0 and < 1);
    private readonly ChoiceSetting _weighting = new("--map-weights", "what a token counts: all the same, or 1 / |x|^2 so that a few enormous ones do not decide", "equal", "inverse-square");
    private readonly FlagSetting _contributions = new("--map-contributions", "map what layers add instead of residuals");

    /// <summary>The options.</summary>
    public Option[] All => [_target, .. Rest];

    private Option[] Rest => [_window, _ridges, _heldOut, _weighting, _contributions];

    /// <summary>The other model's directory, or null.</summary>
    public string? Target(ParseResult a) => _target.Get(a);

    /// <summary>Tokens of a window.</summary>
    public int Window(ParseResult a) => _window.Get(a);

    /// <summary>What was asked for, or null where no map was.</summary>
    public LinearMapOptions? Get(ParseResult a)
    {
        bool mapped = _target.Get(a) is not null;
        UnusedOptions.Refuse(a, !mapped, "belongs to maps to another model, and --map-to names none", Rest);
        _ = _window.Get(a);
        return !mapped ? null : new LinearMapOptions
        {
            Ridges = _ridges.Get(a),
            HeldOut = _heldOut.Get(a),
            Weighting = (MapWeighting)_weighting.Get(a),
            Contributions = _contributions.Get(a),
        };
    }

    /// <summary>The prompts' windows, each with the prompt's first token in front.</summary>
    public static IReadOnlyList<int>[] Windows(IReadOnlyList<DepthPrompt> prompts, int length) =>
        [.. prompts.SelectMany(p => p.Ids.Skip(1).Chunk(length - 1).Select(c => (IReadOnlyList<int>)[p.Ids[0], .. c]))];
}
