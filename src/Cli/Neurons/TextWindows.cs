using Weir.Engine;

namespace Weir.Cli.Neurons;

/// <summary>Texts as sequences that fit into a model's context.</summary>
internal static class TextWindows
{
    private const int Longest = 1024;

    /// <summary>Encodes texts; a longer one becomes several sequences.</summary>
    public static IReadOnlyList<int[]> Of(Model model, IEnumerable<string> texts)
    {
        int longest = Math.Min(Longest, model.Spec.ContextLength);
        return [.. texts.SelectMany(t => model.Encode(t).Chunk(longest))];
    }
}
