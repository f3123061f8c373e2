namespace Weir.Analysis.Recall;

/// <summary>What patching is measured by.</summary>
public enum RecallMetric
{
    /// <summary>pi of the answer (iw).</summary>
    Answer,

    /// <summary>pi of the topic (n).</summary>
    Topic,

    /// <summary>The first less the second (iw - n).</summary>
    Difference,
}
