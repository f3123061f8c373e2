using System.CommandLine;
using Weir.Analysis.Sweeps;
using Weir.Cli.Edits;
using Weir.Cli.Options;
using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Cli.Sweeps;

/// <summary>The options that say what a sweep changes.</summary>
internal sealed class SweepVariantSettings
{
    private static readonly LayeredSite[] PatchSites =
        [Site.ResidualPre, Site.ResidualMid, Site.AttentionOut, Site.MlpOut, Site.Z, Site.Query, Site.Key, Site.Value, Site.Pattern, Site.AttentionScores];

    // In the order of --variants; patching is the one behind them.
    private static readonly Func<ModelSpec, Range, IEnumerable<Variant>>[] Named =
        [NamedVariants.SkipBlocks, NamedVariants.SkipAttention, NamedVariants.SkipMlps, NamedVariants.ZeroHeads];

    private readonly ChoiceSetting _variants = new("--variants", "what is changed, one at a time: each block, attention or MLP left out, each head set to 0, or activations of the --clean prompt put in", "blocks", "attention", "mlps", "heads", "patch");
    private readonly TextSetting _at = new("--at", "RANGE", "positions that are changed, such as 1.. (all but the first), 3..7 or -1", "1..; with --variants patch each in turn");
    private readonly TextSetting _clean = new("--clean", "TEXT", "with --variants patch: the clean prompt, as many tokens as PROMPT, the corrupted one");
    private readonly ChoiceSetting _site = new("--site", "with --variants patch: what is patched", "resid_pre", "resid_mid", "attn_out", "mlp_out", "z", "q", "k", "v", "pattern", "attn_scores");
    private readonly FlagSetting _allPositions = new("--all-positions", "with --variants patch: all positions together instead of one at a time");

    /// <summary>All of them.</summary>
    public Option[] All => [_variants, _at, _clean, _site, _allPositions];

    /// <summary>Token ids of the clean prompt; null where nothing is patched.</summary>
    public int[]? Clean(ParseResult a, Model model) => _clean.Get(a) is { } clean ? model.Encode(clean) : null;

    /// <summary>Checks the options; what comes back makes the variants for prompts' token ids.</summary>
    public Func<Model, int[][], IReadOnlyList<Variant>> Read(ParseResult a)
    {
        int kind = _variants.Get(a);
        if (kind < Named.Length)
        {
            UnusedOptions.Refuse(a, "belongs to --variants patch", _clean, _site, _allPositions);
            Range at = IndexRange.Parse("--at", _at.Get(a) ?? "1..").Range;
            return (model, _) => [.. Named[kind](model.Spec, at)];
        }

        UnusedOptions.Refuse(a, "does not go with --variants patch, which takes each position in turn, or all with --all-positions", _at);
        if (_clean.Get(a) is null)
        {
            throw new UsageException("--variants patch needs --clean, the prompt whose activations are put in.");
        }

        LayeredSite site = PatchSites[_site.Get(a)];
        return (model, ids) =>
        {
            int[] clean = Clean(a, model)!;
            return ids.FirstOrDefault(i => i.Length != clean.Length) is { } other
                ? throw new WeirException($"--clean has {clean.Length} tokens, but a prompt has {other.Length}; patching needs as many in both.")
                : ActivationPatching.Variants(model, clean, site, !_allPositions.Get(a));
        };
    }
}
