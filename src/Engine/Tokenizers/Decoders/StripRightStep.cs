namespace Weir.Engine.Tokenizers;

/// <summary>Takes up to so many of a character off the end of each token.</summary>
internal sealed class StripRightStep(char character, int most) : WholeTokenStep
{
    protected override void Take(ReadOnlySpan<char> token)
    {
        int end = token.Length;
        while (end > 0 && token.Length - end < most && token[end - 1] == character)
            end--;
        Pass(token[..end]);
    }
}
