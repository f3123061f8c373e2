using Weir.Analysis.Neurons;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Neurons;

/// <summary>Acceptance test 6: agreement of checkpoints.</summary>
public sealed class CheckpointAgreementTests
{
    [Fact]
    public void AModelAgreesWithItself()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var one = new PlantedModel(device);
        using var same = new PlantedModel(device);
        AgreementResult result = CheckpointAgreement.Run(one.Model, same.Model, new NeuronReading(), nullCount: 500);
        Assert.Equal(1, result.Overall);
        Assert.Equal(1, result.Null);
    }

    [Fact]
    public void IndependentRowsAgreeByChanceAndOneHeadAgreesWithItself()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var one = new PlantedModel(device, seed: 1);
        using var other = new PlantedModel(device, seed: 2);
        AgreementResult result = CheckpointAgreement.Run(one.Model, other.Model, new NeuronReading(), nullCount: 500);
        Assert.True(result.Overall < 5.0 / PlantedModel.Vocabulary, $"{result.Overall}");
        Assert.Equal(1, result.Null); // The heads are the same, so random vectors agree: the null that a number must be read beside.
    }

    [Fact]
    public void TheHeadIsTheModelsOwnOrTheBases()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var one = new PlantedModel(device);
        using var other = new PlantedModel(device, headSeed: 8);
        AgreementResult own = CheckpointAgreement.Run(one.Model, other.Model, new NeuronReading(), nullCount: 500);
        AgreementResult shared = CheckpointAgreement.Run(one.Model, other.Model, new NeuronReading(), sharedHead: true, nullCount: 500);
        Assert.True(own.Overall < 5.0 / PlantedModel.Vocabulary, $"{own.Overall}");
        Assert.True(own.Null < 10.0 / PlantedModel.Vocabulary, $"{own.Null}");
        Assert.Equal(1, shared.Overall);
    }

    [Fact]
    public void CheckpointsOfAnotherShapeAreRefused()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var one = new PlantedModel(device);
        using var other = Engine.Model.Load(Fixture.Model("llama3"), new Engine.LoadOptions { Device = device });
        WeirException e = Assert.Throws<WeirException>(() => CheckpointAgreement.Run(one.Model, other, new NeuronReading()));
        Assert.Contains("not the same neurons", e.Message, StringComparison.Ordinal);
    }
}
