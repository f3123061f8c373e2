namespace Weir.Engine.Tokenizers;

/// <summary>A token that is found in the text as a whole, before the model sees the rest.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Whether it counts only where no word character stands next to it.</param>
/// <param name="StripLeft">Whether it takes the white space before it.</param>
/// <param name="StripRight">Whether it takes the white space behind it.</param>
/// <param name="Normalized">Whether it is sought, normalized, in the normalized text.</param>
/// <param name="Special">Whether decoding can leave it out.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool StripLeft, bool StripRight, bool Normalized, bool Special);
