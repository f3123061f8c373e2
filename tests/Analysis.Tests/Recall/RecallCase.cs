using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>Prompts of different lengths on a random model, and what tests read of them.</summary>
internal static class RecallCase
{
    public static readonly int[][] Prompts = [[5, 9, 14, 30, 7, 8, 11], [20, 21, 22], [40, 3, 99, 100, 7], [8, 200, 31, 250]];

    public static readonly int[][] Corrupted = [[5, 9, 77, 30, 7, 8, 11], [20, 61, 22], [40, 3, 12, 100, 7], [8, 130, 31, 250]];

    public static readonly int[] Answers = [33, 120, 256, 0];

    /// <summary>A fixture's model.</summary>
    public static Model Load(string name, IDevice device) => Model.Load(Fixture.Model(name), new LoadOptions { Device = device });

    public static float[] Read(Model model, Tensor tensor)
    {
        return model.Device.Read<float>(tensor);
    }

    /// <summary>Logits at the end of each prompt.</summary>
    public static float[][] Logits(Model model, IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        using ForwardResult run = model.Forward(prompts, options: new ForwardOptions { Logits = LogitRows.Last });
        return [.. Read(model, run.Logits).Chunk(model.Spec.VocabularySize)];
    }

    /// <summary>pi from whole logits.</summary>
    public static double[] Pi(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<int> ids) =>
        [.. Logits(model, prompts).Select((row, i) => row[ids[i]] - row.Average(z => (double)z))];

    public static void Close(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double relative, string what)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= relative * Math.Max(1, Math.Abs(expected[i])), $"{what}, prompt {i}: {actual[i]:R} in the place of {expected[i]:R}");
        }
    }
}
