using Weir.Engine.Families;
using Weir.Engine.Lens;
using Weir.Engine.Tokenizers;

namespace Weir.Cli.Lens;

/// <summary>A prompt's reading of all layers, with the names that people see.</summary>
internal sealed class LensView
{
    /// <summary>Tokens that the overlap with the last layer counts.</summary>
    public const int OverlapCount = 5;

    /// <summary>The model.</summary>
    public required ModelSpec Spec { get; init; }

    /// <summary>Its tokenizer, or null.</summary>
    public required ITokenizer? Tokenizer { get; init; }

    /// <summary>The prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>All its ids.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>First position that was read; the others follow without a gap.</summary>
    public required int FirstPosition { get; init; }

    /// <summary>The numbers.</summary>
    public required LensResult Result { get; init; }

    /// <summary>The numbers of what attention and MLP of each layer add, as <see cref="LensModules"/> orders them; or null.</summary>
    public required LensResult? Modules { get; init; }

    /// <summary>Tokens to name for a position, at most those in the result.</summary>
    public required int Top { get; init; }

    /// <summary>The tokens whose probabilities were asked for.</summary>
    public required IReadOnlyList<int> Targets { get; init; }

    /// <summary>A state's name in tables: embed, 0, 1, ...</summary>
    public static string StateName(int state) => state == 0 ? "embed" : Rendering.Text.Of(state - 1);

    /// <summary>A state's site.</summary>
    public static string SiteName(int state) => state == 0 ? "blocks.0.hook_resid_pre" : $"blocks.{state - 1}.hook_resid_post";

    /// <summary>A token as tables show it.</summary>
    public string Token(int id) => Rendering.TokenText.Of(Tokenizer, id);

    /// <summary>The token at a position that was read.</summary>
    public string TokenAt(int position) => Token(Ids[FirstPosition + position]);

    /// <summary>Id and probability of a row's token number k.</summary>
    public (int Id, double Probability) TopAt(int state, int position, int k)
    {
        int at = (Result.Row(state, position) * Result.TopK) + k;
        return (Result.TopIds[at], Math.Exp(Result.TopLogProbabilities[at]));
    }

    /// <summary>The first tokens of a row of a reading, with their probabilities in percent.</summary>
    public string Says(LensResult reading, int state, int position, int count) => string.Join("  ", Enumerable.Range(0, count).Select(k =>
    {
        int at = (reading.Row(state, position) * reading.TopK) + k;
        return $"{Token(reading.TopIds[at])} {Rendering.Text.Percent(Math.Exp(reading.TopLogProbabilities[at]))}";
    }));

    /// <summary>Share of a row's five most probable tokens that are also the last layer's.</summary>
    public double Overlap(int state, int position) => Result.Overlap(state, position, Math.Min(OverlapCount, Result.TopK));

    /// <summary>Probability and rank of a target.</summary>
    public (double Probability, int Rank) Target(int state, int position, int target)
    {
        int at = (Result.Row(state, position) * Result.TargetCount) + target;
        return (Math.Exp(Result.TargetLogProbabilities[at]), Result.TargetRanks[at]);
    }

    /// <summary>Mean over the positions.</summary>
    public double Mean(int state, Func<int, double> value)
    {
        double sum = 0;
        for (int p = 0; p < Result.Positions; p++)
        {
            sum += value(Result.Row(state, p));
        }

        return sum / Result.Positions;
    }

    /// <summary>Mean overlap over the positions.</summary>
    public double MeanOverlap(int state)
    {
        double sum = 0;
        for (int p = 0; p < Result.Positions; p++)
        {
            sum += Overlap(state, p);
        }

        return sum / Result.Positions;
    }
}
