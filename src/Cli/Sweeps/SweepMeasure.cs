namespace Weir.Cli.Sweeps;

/// <summary>A number of a sweep's output as tables and figures show it.</summary>
/// <param name="Name">Its name in cells.</param>
/// <param name="Header">Its column.</param>
/// <param name="Title">What it is.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Format">How it is shown.</param>
/// <param name="Leads">True for one that a sweep can be about.</param>
internal sealed record SweepMeasure(string Name, string Header, string Title, string Unit, string Format, bool Leads = false)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<SweepMeasure> All { get; } =
    [
        new("output.kl.mean", "KL", "KL to the unchanged prompt, in nats", "nats", "G3", Leads: true),
        new("output.probability_l2.mean", "|p-p'|", "Length of the change of the probabilities", "", "G3"),
        new("target.log_probability_change", "d log p", "Change of the target's log-probability", "nats", "F3", Leads: true),
        new("target.rank", "rank", "Rank of the target", "", "F1"),
        new("target0.log_probability_change", "d log p0", "Change of the first target's log-probability", "nats", "F3"),
        new("target1.log_probability_change", "d log p1", "Change of the second target's log-probability", "nats", "F3"),
        new("logit_difference_change", "d logits", "Change of the logit difference", "logits", "F3", Leads: true),
    ];

    /// <summary>True for a change, which may go either way from 0.</summary>
    public bool IsSigned => Name.EndsWith("change", StringComparison.Ordinal);

    /// <summary>The one that the sweep is about: the difference of two targets' logits, the target, or else the KL.</summary>
    public static SweepMeasure Leading(SweepMeans means) => All.LastOrDefault(m => m.Leads && means.Has(m.Name)) ?? All[0];
}
