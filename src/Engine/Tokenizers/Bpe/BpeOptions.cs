namespace Weir.Engine.Tokenizers;

/// <summary>The settings of a BPE model besides its vocabulary and merges.</summary>
/// <param name="UnknownId">The id of the token for what the vocabulary lacks, or -1.</param>
/// <param name="FuseUnknown">Whether unknown characters in a row become one token.</param>
/// <param name="ByteFallback">Whether an unknown character is written as its bytes where the vocabulary has them.</param>
/// <param name="IgnoreMerges">Whether a word of the vocabulary is taken whole, even if no merges lead to it.</param>
internal readonly record struct BpeOptions(int UnknownId, bool FuseUnknown, bool ByteFallback, bool IgnoreMerges);
