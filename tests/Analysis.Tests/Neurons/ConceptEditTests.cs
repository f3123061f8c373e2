using Weir.Analysis.Neurons;
using Weir.Engine.Checkpoints;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Neurons;

/// <summary>Concepts taken from planted models, and put back.</summary>
public sealed class ConceptEditTests
{
    private static readonly MlpMatrix[] All = [MlpMatrix.Gate, MlpMatrix.Up, MlpMatrix.Down];

    /// <summary>Acceptance test 7: the planted vectors are found, turned round, and put back bit for bit.</summary>
    [Theory]
    [OnDevices(StoredType.F32)]
    [OnDevices(StoredType.BF16)]
    public void ThePlantedConceptIsTakenAndPutBack(StoredType type, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using var planted = new PlantedModel(opened, type: type);
        planted.Plant();
        (int layer, int index, int token) = planted.Planted;
        byte[] weights = Weights(planted);
        float[] logits = planted.Logits(PlantedModel.Prompt);
        float[] t = planted.Model.Vectors[new MlpVector(layer, MlpMatrix.Up, index)].Values();
        AlignedVector[] scan = DirectionScan.Run(planted.Model, t, All);
        Assert.Equal([new MlpVector(layer, MlpMatrix.Up, index), new MlpVector(layer, MlpMatrix.Down, index)], scan.Take(2).Select(v => v.Vector).OrderBy(v => v.Matrix));
        Assert.Equal(1, scan[0].Cosine, 1e-6);

        // Down alone: what the neuron writes turns from the token to its opposite, whatever the length of t.
        t = [.. t.Select(x => 3 * x)];
        var patch = new VectorPatch(planted.Model.Hash);
        double before = NextToken.Probabilities(planted.Model, [PlantedModel.Prompt], [token])[0];
        AlignedVector[] down = DirectionScan.Run(planted.Model, t, [MlpMatrix.Down]);
        IReadOnlyList<ConceptEditStep> steps = ConceptEdit.Run(
            planted.Model, t, down, PlantedModel.Prompt, token, new ConceptEditOptions { Threshold = down[0].Cosine - 0.01 }, patch);
        Assert.Single(steps);
        Assert.True(steps[0].Probability < 0.8 * before, $"{before} became {steps[0].Probability}");
        float[] old = patch.Edits[0].Old.Values(), turned = patch.Edits[0].New.Values();
        Assert.Equal(Math.Sqrt(PlantedModel.Dot(old, old)), Math.Sqrt(PlantedModel.Dot(turned, turned)), type == StoredType.F32 ? 1e-6 : 2e-3);
        Assert.NotEqual(Bits(logits), Bits(planted.Logits(PlantedModel.Prompt)));

        patch.Undo(planted.Model);
        Assert.Equal(weights, Weights(planted));
        Assert.Equal(Bits(logits), Bits(planted.Logits(PlantedModel.Prompt)));
    }

    /// <summary>A neuron that reads and writes against the direction writes along it, as before.</summary>
    [Fact]
    public void TurningRowAndColumnOfOneNeuronRoundTakesItselfBack()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        planted.Plant();
        (int layer, int index, int token) = planted.Planted;
        float[] t = planted.Model.Vectors[new MlpVector(layer, MlpMatrix.Up, index)].Values();
        double P() => NextToken.Probabilities(planted.Model, [PlantedModel.Prompt], [token])[0];
        double before = P();
        foreach ((MlpMatrix[] matrices, bool same) in new[] { ((MlpMatrix[])[MlpMatrix.Up], false), ([MlpMatrix.Up, MlpMatrix.Down], true) })
        {
            var patch = new VectorPatch(planted.Model.Hash);
            AlignedVector[] scan = DirectionScan.Run(planted.Model, t, matrices);
            ConceptEdit.Run(planted.Model, t, scan, PlantedModel.Prompt, token, new ConceptEditOptions { Threshold = 0.99 }, patch);
            Assert.Equal(matrices.Length, patch.Edits.Count);
            Assert.Equal(same, Math.Abs(P() - before) < 1e-5 * before);
            patch.Undo(planted.Model);
        }
    }

    /// <summary>What writing -t elsewhere does is measured beside the edit, and leaves the model as it was.</summary>
    [Fact]
    public void TheControlTurnsOtherVectorsAndPutsThemBack()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        planted.Plant();
        byte[] weights = Weights(planted);
        float[] t = planted.Model.Vectors[new MlpVector(1, MlpMatrix.Down, planted.Planted.Index)].Values();
        AlignedVector[] down = DirectionScan.Run(planted.Model, t, [MlpMatrix.Down]);
        double before = NextToken.Probabilities(planted.Model, [PlantedModel.Prompt], [planted.Planted.Token])[0];
        double[] control = ConceptEdit.Control(planted.Model, t, down, 1, PlantedModel.Prompt, planted.Planted.Token, draws: 10, seed: 2);
        Assert.Equal(10, control.Length);
        Assert.True(control.Distinct().Count() > 5);
        ConceptEditStep step = ConceptEdit.Run(
            planted.Model, t, down, PlantedModel.Prompt, planted.Planted.Token, new ConceptEditOptions { Most = 1 }, new VectorPatch(planted.Model.Hash))[0];
        Assert.True(control.Average() - step.Probability > 0.3 * before, $"{before}: {control.Average()} and {step.Probability}");
        planted.Model.Vectors.Replace(step.Vector.Vector, t);
        Assert.Equal(weights, Weights(planted));
    }

    /// <summary>Acceptance test 8: two concepts after one another, undone in the reverse order; through files.</summary>
    [Fact]
    public void TwoConceptsComeOffInTheReverseOrder()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device, type: StoredType.BF16);
        planted.Plant();
        byte[] weights = Weights(planted);
        float[] tokens = PlantedModel.Tokens(planted.Model);
        var patches = new List<VectorPatch>();
        float[] first = tokens[(planted.Planted.Token * PlantedModel.Width)..((planted.Planted.Token + 1) * PlantedModel.Width)];
        float[] other = tokens[(9 * PlantedModel.Width)..(10 * PlantedModel.Width)];

        // The second direction leans on the opposite of the first, where the vectors turned round by then point.
        foreach ((float[] t, int token) in new[] { (first, planted.Planted.Token), ([.. other.Zip(first, (a, b) => a - b)], 9) })
        {
            var patch = new VectorPatch(planted.Model.Hash) { Notes = { ["concept"] = $"{token}" } };
            ConceptEdit.Run(planted.Model, t, DirectionScan.Run(planted.Model, t, All), PlantedModel.Prompt, token, new ConceptEditOptions { Threshold = 0.2, Most = 12 }, patch);
            patches.Add(patch);
        }

        byte[] edited = Weights(planted);
        Assert.Contains(patches[0].Edits, a => patches[1].Edits.Any(b => a.Old.Vector == b.Old.Vector));
        Assert.Contains(patches[1].Edits, b => patches[0].Edits.All(a => a.Old.Vector != b.Old.Vector));
        Assert.Contains("in the reverse of the order", Assert.Throws<WeirException>(() => patches[0].Undo(planted.Model)).Message, StringComparison.Ordinal);
        Assert.Equal(edited, Weights(planted));
        patches[1].Undo(planted.Model);
        patches[0].Undo(planted.Model);
        Assert.Equal(weights, Weights(planted));

        string file = Path.GetTempFileName();
        try
        {
            foreach (VectorPatch patch in patches)
            {
                patch.Save(file);
                VectorPatch read = VectorPatch.Load(file);
                Assert.Equal(patch.Notes, read.Notes);
                read.Apply(planted.Model);
            }

            Assert.Equal(edited, Weights(planted));
            Assert.Contains("not as the patch knows it", Assert.Throws<WeirException>(() => patches[1].Apply(planted.Model)).Message, StringComparison.Ordinal);
            Assert.Equal(edited, Weights(planted));
            Assert.Contains("another checkpoint", Assert.Throws<WeirException>(() => new VectorPatch("other").Apply(planted.Model)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("000000.0.up.1", 64, 63, "different types or lengths")]
    [InlineData("000000.0.side.1", 64, 64, "names no vector of an MLP")]
    [InlineData("000000.up.1", 64, 64, "names no vector of an MLP")]
    [InlineData("000000.0.up.128", 64, 64, "no neuron 0.128")]
    [InlineData("000000.0.up.1", 32, 32, "not as the patch knows it")]
    public void APatchThatIsNotWholeChangesNothing(string name, int oldLength, int newLength, string expected)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        byte[] weights = Weights(planted);
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "weir.vector_patch", ["model"] = planted.Model.Hash } };
        writer.Add($"{name}.old", [oldLength], new float[oldLength]);
        writer.Add($"{name}.new", [newLength], new float[newLength]);
        string file = Path.GetTempFileName();
        try
        {
            writer.Save(file);
            Assert.Contains(expected, Assert.ThrowsAny<WeirException>(() => VectorPatch.Load(file).Apply(planted.Model)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(weights, Weights(planted));
    }

    /// <summary>Acceptance test 9: noise only ever makes the concept more probable.</summary>
    [Theory]
    [InlineData(NeuronNorm.Full)]
    [InlineData(NeuronNorm.Scale)]
    [InlineData(NeuronNorm.None)]
    public void TheRefinedVectorNamesTheConceptAtLeastAsMuch(NeuronNorm norm)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        planted.Plant();
        var options = new ConceptVectorOptions { Norm = norm, Candidates = 300, MostRounds = 3, Seed = 4, Noise = 0.2 };
        ConceptVectorResult found = ConceptVector.Run(planted.Model, PlantedModel.Prompt, planted.Planted.Token, options);
        Assert.Equal(1, found.Layer); // The only block of the last quarter.
        Assert.True(found.Probability > found.StartProbability, $"{found.StartProbability} became {found.Probability}");
        Assert.Equal(found.Probability, ConceptVector.Probabilities(planted.Model, found.Vector, planted.Planted.Token, norm)[0], 1e-9);
        Assert.Equal(found.StartProbability, ConceptVector.Probabilities(planted.Model, found.Start, planted.Planted.Token, norm)[0], 1e-9);
        if (norm == NeuronNorm.Full)
        {
            Assert.Equal(NextToken.Probabilities(planted.Model, [PlantedModel.Prompt], [planted.Planted.Token])[0], found.StartProbability, 1e-6);
        }
    }

    [Fact]
    public void DivergenceOnTextsIsThatOfTheTwoDistributions()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        planted.Plant();
        int[][] texts = [PlantedModel.Prompt, [3, 4]];
        var divergence = new TextDivergence(planted.Model, texts);
        Assert.All(divergence.Measure(), d => Assert.Equal(0, d));
        float[] before = planted.Logits(PlantedModel.Prompt);
        var vector = new MlpVector(1, MlpMatrix.Down, planted.Planted.Index);
        planted.Model.Vectors.Replace(vector, [.. planted.Model.Vectors[vector].Values().Select(x => -x)]);
        float[] after = planted.Logits(PlantedModel.Prompt);
        double[] measured = divergence.Measure();
        Assert.Equal(7, measured.Length);
        double Log(float[] z, int i) => z[i] - Math.Log(z.Sum(x => Math.Exp(x)));
        double expected = Enumerable.Range(0, before.Length).Sum(i => Math.Exp(Log(before, i)) * (Log(before, i) - Log(after, i)));
        Assert.True(expected > 1e-3);
        Assert.Equal(expected, measured[4], 1e-5);
    }

    private static byte[] Weights(PlantedModel planted) =>
    [
        .. from matrix in All
           from layer in Enumerable.Range(0, PlantedModel.Layers)
           from i in Enumerable.Range(0, PlantedModel.Neurons)
           from bits in planted.Model.Vectors[new MlpVector(layer, matrix, i)].Bits
           select bits,
    ];

    private static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);
}
