using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Engine.Tests.Forward;

/// <summary>What must hold between the sites of a block, in every family.</summary>
public sealed class InvariantTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Cases() =>
        [.. Fixture.Names.Select(n => new TheoryDataRow<string, string>(n, TestDevices.Cpu)), new("qwen3", TestDevices.F32), new("gemma2", TestDevices.F32)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheSitesOfABlockAddUp(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        ModelSpec spec = model.Spec;
        var all = new HookSet().Capture([.. SiteCatalog.SitesOf(spec)]);
        using ForwardResult run = model.Forward(Fixture.Prompts(name), all);
        float[] At(LayeredSite site, int l) => Fixture.Read(model, run[site[l]]);
        for (int l = 0; l < spec.Layers; l++)
        {
            float[] pre = At(Site.ResidualPre, l);
            float[] attention = At(Site.AttentionOut, l);
            float[] mlp = At(Site.MlpOut, l);
            float[] post = At(Site.ResidualPost, l);
            if (spec.Placement != NormPlacement.AfterResidual)
            {
                Close(pre.Zip(attention, (a, b) => a + b).Zip(mlp, (a, b) => a + b), post, 1e-5, $"pre + attn_out + mlp_out of layer {l}");
            }

            if (l + 1 < spec.Layers)
            {
                Fixture.SameBits(post, At(Site.ResidualPre, l + 1), $"resid_post.{l} and resid_pre.{l + 1}");
            }

            PatternTimesValues(model, run, l);
            HeadResultsAddUp(model, run, l);
        }

        float[] last = At(Site.ResidualPost, spec.Layers - 1);
        LensResult lens = LensReader.Read(model, [run[Site.ResidualPost[spec.Layers - 1]]]);
        float[] logits = Fixture.Read(model, run.Logits);
        for (int row = 0; row < last.Length / spec.Width; row++)
        {
            ReadOnlySpan<float> z = logits.AsSpan(row * spec.VocabularySize, spec.VocabularySize);
            Assert.Equal(System.Numerics.Tensors.TensorPrimitives.IndexOfMax(z), lens.TopIds[row]);
        }
    }

    private static void PatternTimesValues(Model model, ForwardResult run, int l)
    {
        AttentionSpec a = model.Spec.Attention;
        float[] v = Fixture.Read(model, run[Site.Value[l]]);
        float[] z = Fixture.Read(model, run[Site.Z[l]]);
        int[] offsets = run.Rows.Offsets;
        for (int s = 0; s < run.Rows.Sequences; s++)
        {
            int n = run.Rows.Length(s);
            float[] pattern = Fixture.Read(model, run.AttentionMapOf(Site.Pattern[l], s));
            float[] scores = Fixture.Read(model, run.AttentionMapOf(Site.AttentionScores[l], s));
            for (int h = 0; h < a.Heads; h++)
            {
                for (int q = 0; q < n; q++)
                {
                    ReadOnlySpan<float> p = pattern.AsSpan(((h * n) + q) * n, n);
                    double sum = 0;
                    for (int k = 0; k < n; k++)
                    {
                        bool visible = k <= q && (a.Window(l) == 0 || q - k < a.Window(l));
                        Assert.Equal(visible, !float.IsNegativeInfinity(scores[(((h * n) + q) * n) + k]));
                        Assert.True(visible || p[k] == 0);
                        sum += p[k];
                    }

                    Assert.Equal(1, sum, 1e-5);
                    for (int i = 0; i < a.HeadSize; i++)
                    {
                        double expected = 0;
                        for (int k = 0; k <= q; k++)
                        {
                            expected += (double)p[k] * v[((((offsets[s] + k) * a.KeyValueHeads) + (h * a.KeyValueHeads / a.Heads)) * a.HeadSize) + i];
                        }

                        Assert.Equal(expected, z[((((offsets[s] + q) * a.Heads) + h) * a.HeadSize) + i], 1e-4);
                    }
                }
            }
        }
    }

    private static void HeadResultsAddUp(Model model, ForwardResult run, int l)
    {
        ModelSpec spec = model.Spec;
        int d = spec.Width;
        bool postNormed = spec.Placement is NormPlacement.Sandwich or NormPlacement.SublayerOutput;
        float[] raw = Fixture.Read(model, run[new Site(postNormed ? SitePoint.AttentionRaw : SitePoint.AttentionOut, l)]);
        float[] results = Fixture.Read(model, run[Site.Result[l]]);
        double[] bias = new double[d];
        for (int row = 0; row < raw.Length / d; row++)
        {
            for (int i = 0; i < d; i++)
            {
                double sum = 0;
                for (int h = 0; h < spec.Attention.Heads; h++)
                {
                    sum += results[(((row * spec.Attention.Heads) + h) * d) + i];
                }

                // What the heads leave is the bias, the same in every row.
                double rest = raw[(row * d) + i] - sum;
                bias[i] = row == 0 ? rest : bias[i];
                Assert.Equal(bias[i], rest, 1e-4);
            }
        }
    }

    private static void Close(IEnumerable<float> expected, float[] actual, double relative, string what)
    {
        double largest = actual.Max(Math.Abs);
        double difference = expected.Zip(actual).Max(p => Math.Abs((double)p.First - p.Second));
        Assert.True(difference <= relative * Math.Max(1, largest), $"{what} is off by {difference}");
    }
}
