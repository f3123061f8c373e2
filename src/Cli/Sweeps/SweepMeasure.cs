using System.Globalization;

namespace Weir.Cli.Sweeps;

/// <summary>A number of a sweep's output as tables and figures show it.</summary>
/// <param name="Name">Its name in cells.</param>
/// <param name="Header">Its column.</param>
/// <param name="Format">How it is shown.</param>
/// <param name="Title">What it is, where a sweep can be about it; or null.</param>
/// <param name="Unit">Its unit.</param>
internal sealed record SweepMeasure(string Name, string Header, string Format, string? Title = null, string Unit = "")
{
    private const int MostOnScreen = 4;

    private static readonly SweepMeasure Divergence = new("output.kl.mean", "KL", "G3", "KL to the unchanged prompt, in nats", "nats");

    private static readonly SweepMeasure Distance = new("output.probability_l2.mean", "|p-p'|", "G3");

    private static readonly SweepMeasure[] OfOneTarget =
    [
        new("target.log_probability_change", "d log p", "F3", "Change of the target's log-probability", "nats"),
        new("target.rank", "rank", "F1"),
    ];

    private static readonly SweepMeasure OfTwoTargets = new("logit_difference_change", "d logits", "F3", "Change of the logit difference", "logits");

    /// <summary>True for a change, which may go either way from 0.</summary>
    public bool IsSigned => Name.EndsWith("change", StringComparison.Ordinal);

    /// <summary>Those that were measured.</summary>
    public static IReadOnlyList<SweepMeasure> Of(SweepMeans means)
    {
        IEnumerable<SweepMeasure> ofEach = Enumerable.Range(0, int.MaxValue)
            .Select(t => t.ToString(CultureInfo.InvariantCulture))
            .Select(t => new SweepMeasure($"target{t}.log_probability_change", $"d log p{t}", "F3"))
            .TakeWhile(m => means.Has(m.Name));
        return [.. OfOneTarget.Prepend(Distance).Prepend(Divergence).Concat(ofEach).Append(OfTwoTargets).Where(m => means.Has(m.Name))];
    }

    /// <summary>The one that the sweep is about: the difference of two targets' logits, the target, or else the KL.</summary>
    public static SweepMeasure Leading(SweepMeans means) => Of(means).LastOrDefault(m => m.Title is not null) ?? Divergence;

    /// <summary>Those that eighty columns have room for, of several prompts with one interval; all are in the report.</summary>
    public static IReadOnlyList<SweepMeasure> OnScreen(SweepMeans means) => means.AreOfSeveral
        ? [.. Of(means).Where(m => m == Divergence || m == Leading(means))]
        : [.. Of(means).Where(m => m != Distance).Take(MostOnScreen)];
}
