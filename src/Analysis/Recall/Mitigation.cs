namespace Weir.Analysis.Recall;

/// <summary>A change of the last block against answers that it holds down.</summary>
public enum Mitigation
{
    /// <summary>Heads that lower the answer on average write (1 - lambda) of what they write.</summary>
    Heads,

    /// <summary>The MLP adds (1 - lambda) of what it adds.</summary>
    Mlp,

    /// <summary>The MLP adds, for lambda of it, its regression on heads with negative gamma set to 0.</summary>
    Regression,

    /// <summary>
    /// lambda of what the MLP adds along the mean direction of the unembedding (its mean row through the final norm's gain),
    /// which raises all tokens alike, is taken away.
    /// </summary>
    Unigram,
}
