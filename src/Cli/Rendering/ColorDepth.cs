namespace Weir.Cli.Rendering;

/// <summary>Colours that a terminal shows.</summary>
internal enum ColorDepth
{
    /// <summary>None; numbers stand in the place of colours.</summary>
    None,

    /// <summary>The 256 of xterm.</summary>
    Palette,

    /// <summary>24 bits.</summary>
    True,
}
