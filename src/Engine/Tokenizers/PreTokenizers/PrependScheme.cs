namespace Weir.Engine.Tokenizers;

/// <summary>Where Metaspace puts its mark although the text has no space.</summary>
internal enum PrependScheme
{
    /// <summary>Before every segment.</summary>
    Always,

    /// <summary>Only before the segment that begins the input.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,
}
