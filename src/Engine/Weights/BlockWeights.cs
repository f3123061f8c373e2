namespace Weir.Engine.Weights;

/// <summary>One block on a device; see <see cref="Families.BlockSource"/>.</summary>
internal sealed record BlockWeights
{
    public NormWeights? AttentionNorm { get; init; }

    public NormWeights? AttentionPostNorm { get; init; }

    public NormWeights? MlpNorm { get; init; }

    public NormWeights? MlpPostNorm { get; init; }

    public NormWeights? QueryNorm { get; init; }

    public NormWeights? KeyNorm { get; init; }

    public required LinearWeights QueryKeyValue { get; init; }

    public required LinearWeights AttentionOutput { get; init; }

    public required LinearWeights MlpInput { get; init; }

    public required LinearWeights MlpOutput { get; init; }
}
