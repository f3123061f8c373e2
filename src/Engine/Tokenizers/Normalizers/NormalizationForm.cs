namespace Weir.Engine.Tokenizers;

/// <summary>Unicode's normalization forms.</summary>
internal enum NormalizationForm
{
    /// <summary>Composed.</summary>
    C,

    /// <summary>Decomposed.</summary>
    D,

    /// <summary>Composed, compatibility characters replaced.</summary>
    KC,

    /// <summary>Decomposed, compatibility characters replaced.</summary>
    KD,
}
