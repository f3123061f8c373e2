namespace Weir.Engine.Lens;

/// <summary>How states are read out.</summary>
public sealed record LensOptions
{
    /// <summary>The norm in front of the unembedding.</summary>
    public LensNorm Norm { get; init; } = LensNorm.Recomputed;

    /// <summary>The matrix whose rows stand for the tokens.</summary>
    public LensBasis Basis { get; init; } = LensBasis.Unembedding;

    /// <summary>Tokens to name for each row; 0 for none.</summary>
    public int TopK { get; init; } = 1;

    /// <summary>Also the tokens of the smallest logits.</summary>
    public bool Bottom { get; init; }

    /// <summary>Also entropy and log-sum-exp.</summary>
    public bool Entropy { get; init; } = true;

    /// <summary>Also KL(state || last state) at the same position, in nats.</summary>
    public bool Divergence { get; init; }

    /// <summary>Ids whose log-probability and rank are wanted, for each position a list of the same length; or null.</summary>
    public IReadOnlyList<int[]>? Targets { get; init; }

    /// <summary>Logits are divided by this; above 0.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>False leaves the model's final cap and its unembedding bias out.</summary>
    public bool Softcap { get; init; } = true;

    /// <summary>Told the fraction of rows done.</summary>
    public IProgress<double>? Progress { get; init; }
}
