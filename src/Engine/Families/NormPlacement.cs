namespace Weir.Engine.Families;

/// <summary>Where the norms of a block stand.</summary>
public enum NormPlacement
{
    /// <summary>x + f(norm x): GPT-2, NeoX, OPT, Llama, Mistral, Qwen.</summary>
    Pre,

    /// <summary>x + post_norm(f(norm x)): Gemma 2.</summary>
    Sandwich,

    /// <summary>x + post_norm(f(x)): OLMo 2.</summary>
    SublayerOutput,

    /// <summary>norm(x + f(x)): OPT-350m.</summary>
    AfterResidual,
}
