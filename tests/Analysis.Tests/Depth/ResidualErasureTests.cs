using Weir.Analysis.Depth;
using Weir.Engine;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Depth;

/// <summary>Erasing tokens at boundaries.</summary>
public sealed class ResidualErasureTests
{
    private static readonly int[] Prompt = [5, 9, 14, 30, 7, 8, 11];

    [Theory]
    [OnDevices("llama3")]
    [InlineData("pythia", "cpu")]
    public void Acceptance4_WritingWhatIsThereAndErasingTheLastTokenChangeNothing(string name, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using Model model = Model.Load(Fixture.Model(name), new LoadOptions { Device = opened });
        int layers = model.Spec.Layers, width = model.Spec.Width;
        float[][] own = [.. Enumerable.Range(0, layers + 1).Select(l => NaiveEffects.Captured(model, Prompt, l == 0 ? Site.ResidualPre[0] : Site.ResidualPost[l - 1]))];
        double[,] same = ResidualErasure.Run(model, Prompt, 4..^1, (l, t) => own[l][(t * width)..((t + 1) * width)]);
        Assert.All(same.Cast<double>(), e => Assert.Equal(0, e));

        float[][] means = ResidualErasure.Means(model, [Prompt], Range.All);
        double[,] map = ResidualErasure.Run(model, Prompt, 4..^1, (l, _) => means[l]);

        // The last token, which no measured position sees, has no column; a pass without it says that it had nothing but zeros.
        Assert.Equal((layers + 1, Prompt.Length - 1), (map.GetLength(0), map.GetLength(1)));
        for (int l = 0; l <= layers; l++)
        {
            Assert.True(map[l, Prompt.Length - 2] > 0);
            Site site = l < layers ? Site.ResidualPre[l] : Site.ResidualPost[l - 1];
            (_, double[] last) = NaiveEffects.Of(model, Prompt, Edit.Replace(site, means[l]) with { Positions = ^1.. });
            Assert.All(last[..^1], o => Assert.Equal(0, o));
            Assert.True(last[^1] > 0);
        }

        // Behind the last layer nothing attends any more: an erased token has an effect on its own position alone.
        Assert.Equal(0, map[layers, 2]);
        Assert.True(map[0, 2] > 0);
    }

    [Fact]
    public void Trap5_TheMeanIsThatOfTheBoundaryThatIsOverwritten()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("qwen3"), new LoadOptions { Device = device });
        int layers = model.Spec.Layers, width = model.Spec.Width;
        int[][] prompts = [Prompt, [20, 21, 22]];
        float[][] means = ResidualErasure.Means(model, prompts, Range.All);
        for (int l = 0; l <= layers; l++)
        {
            double[] sum = new double[width];
            foreach (int[] prompt in prompts)
            {
                float[] h = NaiveEffects.Captured(model, prompt, l < layers ? Site.ResidualPre[l] : Site.ResidualPost[l - 1]);
                for (int i = 0; i < h.Length; i++)
                {
                    sum[i % width] += h[i] / 10.0;
                }
            }

            Assert.All(Enumerable.Range(0, width), i => Assert.Equal(sum[i], means[l][i], 1e-5));
        }

        // Each cell is a pass in which that boundary's input is replaced, by its own mean.
        double[,] map = ResidualErasure.Run(model, Prompt, ^1.., (l, _) => means[l]);
        for (int l = 0; l < layers; l++)
        {
            (_, double[] outputs) = NaiveEffects.Of(model, Prompt, Edit.Replace(Site.ResidualPre[l], means[l]) with { Positions = 3..4 });
            Assert.Equal(outputs[^1], map[l, 3]);
        }

        // One counterfactual example, without its first and last token.
        float[][] one = ResidualErasure.Means(model, [[20, 21, 22]], 1..^1);
        Assert.Equal(NaiveEffects.Captured(model, [20, 21, 22], Site.ResidualPre[1])[width..(2 * width)], one[1]);
        Assert.Throws<WeirException>(() => ResidualErasure.Means(model, [[20, 21]], 1..^1));
    }
}
