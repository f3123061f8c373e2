namespace Weir.Engine.Hooks;

/// <summary>A kind of place in the forward pass where values can be read and changed, in the order of the forward pass.</summary>
public enum SitePoint
{
    /// <summary>Token embedding, scaled where the family scales it, before positions.</summary>
    Embed,

    /// <summary>Input of a block, before any norm.</summary>
    ResidualPre,

    /// <summary>Scale of the norm before attention.</summary>
    Ln1Scale,

    /// <summary>Output of the norm before attention, before gain and bias.</summary>
    Ln1Normalized,

    /// <summary>Queries, before q/k norm and rotation.</summary>
    Query,

    /// <summary>Keys, before q/k norm and rotation.</summary>
    Key,

    /// <summary>Values.</summary>
    Value,

    /// <summary>Queries as attention uses them, normed and rotated.</summary>
    RotatedQuery,

    /// <summary>Keys as attention uses them, normed and rotated.</summary>
    RotatedKey,

    /// <summary>Scaled and capped scores, -infinity where masked.</summary>
    AttentionScores,

    /// <summary>Softmax of the scores.</summary>
    Pattern,

    /// <summary>Mixed values of each head, before the output projection.</summary>
    Z,

    /// <summary>Each head's own contribution to the raw attention output, without bias.</summary>
    Result,

    /// <summary>Attention output before its post-norm.</summary>
    AttentionRaw,

    /// <summary>Scale of the norm on the attention's output.</summary>
    Ln1PostScale,

    /// <summary>Output of the norm on the attention's output, before its gain.</summary>
    Ln1PostNormalized,

    /// <summary>What attention adds to the residual, after a post-norm.</summary>
    AttentionOut,

    /// <summary>Residual between attention and MLP.</summary>
    ResidualMid,

    /// <summary>Scale of the norm before the MLP.</summary>
    Ln2Scale,

    /// <summary>Output of the norm before the MLP, before gain and bias.</summary>
    Ln2Normalized,

    /// <summary>MLP pre-activation (the gate where gated).</summary>
    MlpPre,

    /// <summary>The linear (up) branch of a gated MLP.</summary>
    MlpPreLinear,

    /// <summary>MLP activation: the input of the down projection.</summary>
    MlpPost,

    /// <summary>MLP output before its post-norm.</summary>
    MlpRaw,

    /// <summary>Scale of the norm on the MLP's output.</summary>
    Ln2PostScale,

    /// <summary>Output of the norm on the MLP's output, before its gain.</summary>
    Ln2PostNormalized,

    /// <summary>What the MLP adds to the residual, after a post-norm.</summary>
    MlpOut,

    /// <summary>Output of a block.</summary>
    ResidualPost,

    /// <summary>Scale of the norm before the unembedding.</summary>
    LnFinalScale,

    /// <summary>Output of the norm before the unembedding, before gain and bias.</summary>
    LnFinalNormalized,

    /// <summary>Logits, after the final cap.</summary>
    Logits,
}
