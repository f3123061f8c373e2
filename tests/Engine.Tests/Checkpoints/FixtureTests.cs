using System.Text.Json;
using Weir.Engine.Checkpoints;
using Weir.Engine.Families;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Checkpoints;

public sealed class FixtureTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    public void BothFormsOfTheConfigurationGiveTheSameModel(string name)
    {
        using Checkpoint five = Checkpoint.Open(Model(name));
        using Checkpoint four = Checkpoint.Open(Copy(name, hub: true));
        Assert.Equal(JsonSerializer.Serialize(five.Spec), JsonSerializer.Serialize(four.Spec));
        Assert.Equal(JsonSerializer.Serialize(five.Source), JsonSerializer.Serialize(four.Source));
        Assert.Equal(five.Spec.Layers, five.Source.Blocks.Count);
    }
}
