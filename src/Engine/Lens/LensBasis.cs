namespace Weir.Engine.Lens;

/// <summary>The matrix whose rows stand for the tokens.</summary>
public enum LensBasis
{
    /// <summary>The unembedding: what a state would write.</summary>
    Unembedding,

    /// <summary>The token embedding: what a state reads, nearer to early layers.</summary>
    Embedding,
}
