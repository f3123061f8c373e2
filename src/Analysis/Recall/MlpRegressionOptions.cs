namespace Weir.Analysis.Recall;

/// <summary>How an MLP is explained by heads.</summary>
public sealed record MlpRegressionOptions
{
    /// <summary>Layers before the MLP's own whose heads are regressors of their own; the rest of the residual is one more.</summary>
    public int Span { get; init; } = 3;

    /// <summary>lambda of the ridge; 0 for none.</summary>
    public double Ridge { get; init; }

    /// <summary>Splits into items fitted and items held out, which mitigations of the last block share.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Share of items held out in each.</summary>
    public double HeldOut { get; init; } = 1.0 / 3;

    /// <summary>Draws the splits.</summary>
    public int Seed { get; init; }
}
