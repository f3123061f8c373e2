using Weir.Analysis.Neurons;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Neurons;

/// <summary>Held neurons against whole passes, and the planted one against what it must do.</summary>
public sealed class NeuronClampTests
{
    private static readonly float[] Positive = [0, 0.5f, 1, 2, 4, 8];

    /// <summary>Acceptance test 1: nothing held and nothing edited changes no bit.</summary>
    [Fact]
    public void AnEmptyListChangesNoBit()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        float[] before = planted.Logits(PlantedModel.Prompt);
        new VectorPatch(planted.Model.Hash).Apply(planted.Model);
        using ForwardResult run = planted.Model.Forward(PlantedModel.Prompt, new HookSet().Edit([]), new ForwardOptions { Logits = LogitRows.Last });
        Assert.Equal(Bits(before), Bits(PlantedModel.Host(planted.Model, run.Logits)));
        NeuronClampResult clamp = NeuronClamp.Run(planted.Model, Options(planted, ClampSite.Up) with { Values = [] }, [PlantedModel.Prompt], [1]);
        NeuronClampRow only = Assert.Single(clamp.Rows);
        Assert.Equal(0, only.Divergence);
    }

    /// <summary>Acceptance test 4: the product raises the token step by step; up behind a closed gate lowers it and says so.</summary>
    [Theory]
    [OnDevices]
    public void TheProductRaisesTheTokenAndUpBehindAClosedGateDoesNot(string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using var planted = new PlantedModel(opened);
        planted.Plant();
        NeuronClampResult open = Run(planted, ClampSite.Product);
        double[] p = [.. open.Rows.Skip(1).Select(r => r.Probabilities[0])];
        for (int i = 1; i < p.Length; i++)
        {
            Assert.True(p[i] > p[i - 1], $"p is {p[i - 1]} and then {p[i]}");
        }

        Assert.Null(open.Warning);
        Assert.Null(Run(planted, ClampSite.Up).Warning);
        Assert.True(open.Gates[0] > 0);

        using var closed = new PlantedModel(opened);
        closed.Plant(negativeGate: true);
        NeuronClampResult up = Run(closed, ClampSite.Up);
        Assert.True(up.Rows[^1].Probabilities[0] < up.Rows[1].Probabilities[0], "a positive value behind a gate below 0 writes against the token");
        Assert.Contains("1.77", up.Warning, StringComparison.Ordinal);
        Assert.True(Run(closed, ClampSite.Product).Rows[^1].Probabilities[0] > up.Rows[1].Probabilities[0]);
    }

    /// <summary>Acceptance test 5: a clamp acts on its rows and positions alone, and a batch gives what each prompt gives alone.</summary>
    [Fact]
    public void AClampActsOnItsRowsAndPositionsAlone()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        planted.Plant();
        int[][] prompts = [PlantedModel.Prompt, [9, 8, 7], [100, 101, 102, 103]];
        NeuronClampOptions options = Options(planted, ClampSite.Product) with { Values = [3, -2], Multiples = false };
        Edit edit = NeuronClamp.Edit(planted.Model.Spec, options, 3) with { Sequences = [1], Positions = 1..2 };
        float[] before = All(planted, prompts, new HookSet()), after = All(planted, prompts, new HookSet().Edit(edit));
        for (int row = 0; row < 12; row++)
        {
            bool same = Bits(before[(row * PlantedModel.Vocabulary)..((row + 1) * PlantedModel.Vocabulary)])
                .SequenceEqual(Bits(after[(row * PlantedModel.Vocabulary)..((row + 1) * PlantedModel.Vocabulary)]));
            Assert.Equal(row != 6, same); // The last layer's MLP at position 1 of the second prompt reaches its own output alone.
        }

        int[] tokens = [planted.Planted.Token, 4];
        NeuronClampResult batch = NeuronClamp.Run(planted.Model, options, prompts, tokens);
        for (int p = 0; p < prompts.Length; p++)
        {
            NeuronClampResult alone = NeuronClamp.Run(planted.Model, options, [prompts[p]], tokens);
            NeuronClampRow[] rows = [.. batch.Rows.Where(r => r.Prompt == p)];
            Assert.Equal(alone.Rows.Select(r => r.Probabilities[1]), rows.Select(r => r.Probabilities[1]));
            Assert.Equal(alone.Rows.Select(r => r.Divergence), rows.Select(r => r.Divergence));
            float[] pass = PlantedModel.Host(
                planted.Model, planted.Model.Forward(prompts[p], new HookSet().Edit(NeuronClamp.Edit(planted.Model.Spec, options, -2)), new ForwardOptions { Logits = LogitRows.Last }).Logits);
            Assert.Equal(Math.Exp(pass[tokens[0]]) / pass.Sum(z => Math.Exp(z)), rows.Single(r => r.Value == -2).Probabilities[0], 1e-6);
        }
    }

    [Fact]
    public void GeneratedOnlyLeavesThePromptAloneButForItsLastToken()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        NeuronClampOptions options = Options(planted, ClampSite.Product) with { Layer = 0, Index = 5, GeneratedOnly = true, Values = [50], Multiples = false };
        float[] before = All(planted, [PlantedModel.Prompt], new HookSet());
        float[] after = All(planted, [PlantedModel.Prompt], new HookSet().Edit(NeuronClamp.Edit(planted.Model.Spec, options, 50)));
        int end = (PlantedModel.Prompt.Length - 1) * PlantedModel.Vocabulary;
        Assert.Equal(Bits(before[..end]), Bits(after[..end]));
        Assert.NotEqual(Bits(before[end..]), Bits(after[end..]));
    }

    [Fact]
    public void OtherNeuronsHeldAtTheSameValuesAreTheControl()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        planted.Plant();
        int[] tokens = [planted.Planted.Token, 3];
        NeuronClampOptions options = Options(planted, ClampSite.Product) with { Values = [20, 40], Multiples = false };
        NeuronClampResult own = NeuronClamp.Run(planted.Model, options, [PlantedModel.Prompt], tokens);
        double[][][] control = NeuronClamp.Control(planted.Model, options, own.Values, [PlantedModel.Prompt], tokens, count: PlantedModel.Neurons - 1);
        for (int v = 0; v < 2; v++)
        {
            double probability = own.Rows.Single(r => r.Value == own.Values[v]).Probabilities[0];
            Assert.True(control[v][0].Max() < probability, "no other neuron writes the token as much");
        }

        double neighbour = NeuronClamp.Run(planted.Model, options with { Index = 5 }, [PlantedModel.Prompt], tokens).Rows.Single(r => r.Value == 40).Probabilities[1];
        Assert.Contains(neighbour, control[1][1]);
    }

    [Fact]
    public void TheStrongestInputsAreThoseOfThePass()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        planted.Plant();
        int[][] texts = [[1, 2, 3, 4], PlantedModel.Prompt, [60, 61]];
        (IReadOnlyList<NeuronInput> largest, IReadOnlyList<NeuronInput> smallest) = NeuronInputs.Run(planted.Model, planted.Planted.Layer, planted.Planted.Index, texts, 3);
        using ForwardResult run = planted.Model.Forward(texts, new HookSet().Capture(Site.MlpPost[1]));
        var all = new List<(double Value, int Text, int Position)>();
        for (int t = 0; t < texts.Length; t++)
        {
            for (int p = 1; p < texts[t].Length; p++)
            {
                all.Add((run[Site.MlpPost[1]].Row(run.Rows.Offsets[t] + p)[planted.Planted.Index], t, p));
            }
        }

        Assert.Equal(all.OrderByDescending(a => a.Value).Take(3), largest.Select(i => (i.Value, i.Text, i.Position)));
        Assert.Equal(all.OrderBy(a => a.Value).Take(3), smallest.Select(i => (i.Value, i.Text, i.Position)));
        Assert.Equal((1, PlantedModel.Prompt.Length - 1), (largest[0].Text, largest[0].Position));
    }

    [Fact]
    public void AValueIsPutThereOnceAndWithinF32()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        planted.Plant();
        NeuronClampOptions options = Options(planted, ClampSite.Product) with { Values = [2, 2, 0, -0f] };
        NeuronClampResult result = NeuronClamp.Run(planted.Model, options, [PlantedModel.Prompt], [1]);
        Assert.Equal([(float)(2 * result.Largest), 0], result.Values);
        Assert.Equal(3, result.Rows.Count);
        foreach (NeuronClampOptions bad in (NeuronClampOptions[])[options with { Values = [1, 3e38f] }, options with { Values = [float.PositiveInfinity], Multiples = false }])
        {
            Assert.Contains("more than f32 holds", Assert.Throws<WeirException>(() => NeuronClamp.Run(planted.Model, bad, [PlantedModel.Prompt], [1])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ANeuronThatIsNotThereIsRefused()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        WeirException e = Assert.Throws<WeirException>(() => NeuronClamp.Run(planted.Model, Options(planted, ClampSite.Up) with { Index = 128 }, [PlantedModel.Prompt], [1]));
        Assert.Contains("0 to 127", e.Message, StringComparison.Ordinal);
        Assert.Throws<WeirException>(() => planted.Model.Vectors[new MlpVector(2, MlpMatrix.Up, 0)]);
    }

    private static NeuronClampOptions Options(PlantedModel planted, ClampSite site) =>
        new() { Layer = planted.Planted.Layer, Index = planted.Planted.Index, Site = site, Values = Positive };

    private static NeuronClampResult Run(PlantedModel planted, ClampSite site) =>
        NeuronClamp.Run(planted.Model, Options(planted, site), [PlantedModel.Prompt], [planted.Planted.Token]);

    private static float[] All(PlantedModel planted, int[][] prompts, HookSet hooks)
    {
        using ForwardResult run = planted.Model.Forward(prompts, hooks);
        return PlantedModel.Host(planted.Model, run.Logits);
    }

    private static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);
}
