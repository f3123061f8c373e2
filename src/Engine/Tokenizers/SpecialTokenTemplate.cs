namespace Weir.Engine.Tokenizers;

/// <summary>Which special tokens stand around the text.</summary>
/// <param name="parts">The ids of special tokens, in order; null stands for the text.</param>
internal sealed class SpecialTokenTemplate(IReadOnlyList<int[]?> parts)
{
    /// <summary>The text alone.</summary>
    public static SpecialTokenTemplate TextOnly { get; } = new([null]);

    public int[] Apply(List<int> ids, bool addSpecialTokens)
    {
        if (parts.Count == 1 && parts[0] is null)
            return [.. ids];
        List<int> all = [];
        foreach (int[]? part in parts)
        {
            if (part is null)
                all.AddRange(ids);
            else if (addSpecialTokens)
                all.AddRange(part);
        }
        return [.. all];
    }
}
