namespace Weir.Analysis.Recall;

/// <summary>How a task is studied.</summary>
public sealed record RecallOptions
{
    /// <summary>What patching is measured by.</summary>
    public RecallMetric Metric { get; init; }

    /// <summary>True to leave MLPs frozen: direct paths alone.</summary>
    public bool FreezeMlps { get; init; }

    /// <summary>Heads that paths end in, which takes four passes a sender; none for the residual behind the last block.</summary>
    public IReadOnlyList<PatchReceiver> Receivers { get; init; } = [];

    /// <summary>True to patch by the four passes of the definition.</summary>
    public bool Oracle { get; init; }

    /// <summary>True where paths are patched by four passes a sender: the short-cut knows no receiver but the last residual.</summary>
    public bool TakesFourPasses => Oracle || Receivers.Count > 0;

    /// <summary>Heads, the largest scores first, to look at for evidence of moving the topic.</summary>
    public int Movers { get; init; } = 5;

    /// <summary>The MLP whose regression is told in full; null for the one of the largest score behind the first of these heads.</summary>
    public int? Mlp { get; init; }

    /// <summary>How MLPs are explained by heads.</summary>
    public MlpRegressionOptions Regression { get; init; } = new();

    /// <summary>Draws unrelated texts.</summary>
    public int Seed { get; init; }

    /// <summary>Told the fraction of work done.</summary>
    public IProgress<double>? Progress { get; init; }
}
