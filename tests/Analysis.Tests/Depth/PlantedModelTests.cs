using Weir.Analysis.Depth;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Depth;

/// <summary>The analyses on models whose answers are known because they were built in.</summary>
public sealed class PlantedModelTests
{
    private const int Layers = 4, Width = 16, Neurons = 16, Vocabulary = 12;

    // Residuals of about 1e-3: the norms are then the identity to about 1e-6.
    private const double Small = 1e-3;

    private static readonly int[][] Prompts = [[1, 7, 3, 2, 9, 4, 8], [5, 2, 6, 11, 10]];
    private static readonly SkipOptions Everything = new() { Splits = [[3, 5], [2]] };

    [Fact]
    public void Acceptance2_ModelAWhoseSecondHalfAddsNothing()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Layers, Width, Neurons, Vocabulary, epsilon: 1e-5);
        toy.Random(3);
        for (int l = Layers / 2; l < Layers; l++)
        {
            Array.Clear(toy[l, "self_attn.o_proj.weight"]);
            Array.Clear(toy[l, "mlp.down_proj.weight"]);
        }

        using Model model = toy.Load(device);
        DepthProfile profile = DepthProfile.Run(model, Prompts);
        SkipEffects effects = SkipEffects.Run(model, Prompts, Everything);
        LocalEffects local = LocalEffects.Run(model, Prompts, Everything);
        SampleTable all = effects.Of(SkippedPart.Layer, SkipReach.AllPositions);
        Assert.True(all.Max(0, 1) > 0.01 && effects.OutputsOf(SkippedPart.Layer, SkipReach.AllPositions).Max(1, 0) > 1e-4);
        for (int l = Layers / 2; l < Layers; l++)
        {
            // Trap 16: where nothing is added the denominator is clamped, and the effect is 0 and no NaN.
            Assert.Equal(0, profile[DepthMeasure.LayerRatio].Max(l, 0));
            Assert.Equal(0, profile[DepthMeasure.LayerCosine].Max(l, 0));
            Assert.Equal(0, effects.OutputsOf(SkippedPart.Layer, SkipReach.AllPositions).Max(l, 0));
            for (int s = 0; s < Layers; s++)
            {
                Assert.Equal(0, all.Max(s, l));
                Assert.Equal(0, all.Max(l, s));
                Assert.Equal(0, local.Of(SkipReach.AllPositions).Max(s, l));
            }

            Assert.Equal(0, profile[DepthMeasure.LensDivergence].Max(l, 0));
            Assert.Equal(1, profile[DepthMeasure.LensOverlap].Quantile(l, 0, 0));
        }

        Assert.True(profile[DepthMeasure.LensDivergence].Mean((Layers / 2) - 1, 0) > 0);
        EffectiveDepth depth = EffectiveDepth.Of(profile);
        Assert.InRange(depth.Divergence!.Value, 1, Layers / 2);
        Assert.Equal((depth.Divergence.Value + 1.0) / Layers, depth.Ratio(depth.Divergence));
    }

    [Fact]
    public void Acceptance3_ModelBHasExactlyOneBrightCellInTheLocalFutureMap()
    {
        const int Writer = 1, Reader = 3, Part = 6, Sink = 4;
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Layers, Width, Neurons, Vocabulary);
        var random = new Random(5);

        // Tokens live in the first part of the stream. The writer's attention brings them to the second, from where the
        // reader's attention alone takes them; the other layers' MLPs turn a token into what nobody attends to.
        for (int i = 0; i < toy.Embedding.Length; i++)
        {
            toy.Embedding[i] = i % Width < Part ? (float)(Small * ((2 * random.NextDouble()) - 1)) : 0;
        }

        for (int i = 0; i < Part; i++)
        {
            toy[Writer, "self_attn.v_proj.weight"][(i * Width) + i] = 1;
            toy[Writer, "self_attn.o_proj.weight"][((Part + i) * Width) + i] = 1;
            toy[Reader, "self_attn.v_proj.weight"][(i * Width) + Part + i] = 1;
            toy[Reader, "self_attn.o_proj.weight"][(i * Width) + i] = 1;
        }

        foreach (int l in new[] { 0, 2 })
        {
            for (int i = 0; i < Sink; i++)
            {
                toy[l, "mlp.up_proj.weight"][(i * Width) + i] = 1;
                toy[l, "mlp.down_proj.weight"][(((2 * Part) + i) * Neurons) + i] = 1 / 60f;
            }
        }

        using Model model = toy.Load(device);
        SampleTable map = LocalEffects.Run(model, Prompts, Everything).Of(SkipReach.Future);
        for (int s = 0; s < Layers; s++)
        {
            for (int l = 0; l < Layers; l++)
            {
                if ((s, l) == (Writer, Reader))
                {
                    Assert.True(map.Max(s, l) > 0.1, $"the planted pair has an effect of {map.Max(s, l)}");
                }
                else
                {
                    Assert.True(map.Max(s, l) < 1e-4, $"{s} on {l}: {map.Max(s, l)}");
                }
            }
        }
    }

    [Fact]
    public void Acceptance3_ModelCHasTheEffectsOfItsClosedForm()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Layers, Width, Neurons, Vocabulary);
        var random = new Random(7);
        ToyModel.Randomize(toy.Embedding, random, Small);
        ToyModel.Randomize(toy.Head, random, 0.3);
        double[][,] maps = new double[Layers][,];
        for (int l = 0; l < Layers; l++)
        {
            float[] up = toy[l, "mlp.up_proj.weight"], down = toy[l, "mlp.down_proj.weight"];
            ToyModel.Randomize(up, random, 0.25);
            ToyModel.Randomize(down, random, 0.25 / 30);
            maps[l] = new double[Width, Width];
            for (int i = 0; i < Width; i++)
            {
                for (int j = 0; j < Width; j++)
                {
                    maps[l][i, j] = Enumerable.Range(0, Neurons).Sum(n => 30.0 * down[(i * Neurons) + n] * up[(n * Width) + j]);
                }
            }
        }

        using Model model = toy.Load(device);
        SampleTable effects = SkipEffects.Run(model, Prompts, Everything).Of(SkippedPart.Layer, SkipReach.AllPositions);
        SampleTable future = SkipEffects.Run(model, Prompts, Everything).Of(SkippedPart.Layer, SkipReach.Future);
        SampleTable local = LocalEffects.Run(model, Prompts, Everything).Of(SkipReach.AllPositions);
        for (int s = 0; s < Layers; s++)
        {
            for (int l = s + 1; l < Layers; l++)
            {
                var propagated = new List<double>();
                var direct = new List<double>();
                foreach (int token in Prompts.SelectMany(p => p.Skip(1)))
                {
                    double[] embedding = [.. toy.Embedding[(token * Width)..((token + 1) * Width)].Select(x => (double)x)];
                    double[] h = Run(maps, embedding, l, skipped: -1), changed = Run(maps, embedding, l, skipped: s);
                    double[] c = Times(maps[l], h), atSource = Times(maps[s], Run(maps, embedding, s, skipped: -1));
                    propagated.Add(Distance(c, Times(maps[l], changed)) / Norm(c));
                    direct.Add(Norm(Times(maps[l], atSource)) / Norm(c));
                }

                Assert.Equal(propagated.Max(), effects.Max(s, l), 1e-3 * propagated.Max());
                Assert.Equal(direct.Max(), local.Max(s, l), 1e-3 * direct.Max());

                // Without attention the past has no effect at all.
                Assert.Equal(0, future.Max(s, l));
            }
        }
    }

    [Fact]
    public void Acceptance3_ModelDUsesMoreLayersForMoreHopsAndItsDepthScoreRises()
    {
        const int Deep = 6, State = 4;
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Deep, Width, Neurons, Vocabulary);
        var random = new Random(9);

        // Token h + 4 k is a word of a question of h hops: numbers of state, and a gate l that is open where h > l. Layer l's
        // MLP turns the state where its gate is open; its attention reads all states so far into the last numbers of the stream.
        for (int t = 0; t < Vocabulary; t++)
        {
            for (int i = 0; i < State; i++)
            {
                toy.Embedding[(t * Width) + i] = (float)(Small * ((2 * random.NextDouble()) - 1));
            }

            for (int l = 0; l < Deep; l++)
            {
                toy.Embedding[(t * Width) + State + l] = t % 4 + 2 > l ? 1e-2f : 0;
            }
        }

        for (int l = 0; l < Deep; l++)
        {
            Array.Fill(toy[l, "mlp.gate_proj.bias"], 0);
            for (int i = 0; i < State; i++)
            {
                // 3000 x 1e-2 = 30 opens the gate, 0 closes it.
                toy[l, "mlp.gate_proj.weight"][(i * Width) + State + l] = 3000;
                toy[l, "mlp.up_proj.weight"][(i * Width) + ((i + 1) % State)] = 1;
                toy[l, "mlp.down_proj.weight"][(i * Neurons) + i] = 1 / 30f;
                toy[l, "self_attn.v_proj.weight"][(i * Width) + i] = 1;
                toy[l, "self_attn.o_proj.weight"][((Width - 2 + (i % 2)) * Width) + i] = 1;
            }
        }

        using Model model = toy.Load(device);
        var scores = new List<double>();
        for (int hops = 2; hops <= 4; hops++)
        {
            int[] prompt = [.. Enumerable.Range(0, 8).Select(i => hops - 2 + (4 * (i % 3)))];
            var options = new SkipOptions { Parts = [SkippedPart.Mlp], AllPositions = false, Splits = [[6]] };
            SampleTable effects = SkipEffects.Run(model, [prompt], options).Of(SkippedPart.Mlp, SkipReach.Future);
            for (int s = 0; s < Deep - 1; s++)
            {
                Assert.Equal(s < hops, effects.Max(s, Deep - 1) > 1e-3);
            }

            scores.Add(DepthScore.Of(effects, [0]).Max.Mean);
        }

        Assert.True(scores[0] + 0.2 < scores[1] && scores[1] + 0.2 < scores[2], $"depth scores {string.Join(", ", scores)} of 2, 3 and 4 hops");
    }

    private static double[] Run(double[][,] maps, double[] x, int end, int skipped)
    {
        for (int l = 0; l < end; l++)
        {
            double[] c = l == skipped ? new double[x.Length] : Times(maps[l], x);
            x = [.. x.Select((v, i) => v + c[i])];
        }

        return x;
    }

    private static double[] Times(double[,] m, double[] x) => [.. Enumerable.Range(0, x.Length).Select(i => x.Select((v, j) => m[i, j] * v).Sum())];

    private static double Norm(double[] x) => Math.Sqrt(x.Sum(v => v * v));

    private static double Distance(double[] a, double[] b) => Norm([.. a.Select((v, i) => v - b[i])]);
}
