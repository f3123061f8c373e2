using Weir.Engine.Families;

namespace Weir.Analysis.Recall;

/// <summary>Prompts in groups whose rows, one a head, fit into a bounded part of memory.</summary>
internal static class RowGroups
{
    private const long MostBytes = 128 << 20;

    /// <summary>First prompt and number of prompts of each group.</summary>
    public static IEnumerable<(int First, int Count)> Of(ModelSpec spec, int prompts, int repeat)
    {
        long row = sizeof(float) * ((4L * spec.Width) + (3L * spec.Mlp.Width));
        int group = (int)Math.Clamp(MostBytes / (row * repeat), 1, prompts);
        for (int first = 0; first < prompts; first += group)
        {
            yield return (first, Math.Min(group, prompts - first));
        }
    }
}
