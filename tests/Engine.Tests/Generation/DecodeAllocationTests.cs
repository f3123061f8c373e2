using Weir.Engine.Generation;
using Weir.Engine.Hooks;

namespace Weir.Engine.Tests.Generation;

/// <summary>A decode step runs in memory that is already there.</summary>
public sealed class DecodeAllocationTests
{
    [Theory]
    [OnDevices("gpt2")]
    [OnDevices("llama3")]
    [OnDevices("pythia")]
    [OnDevices("gemma2")]
    [OnDevices("olmo2")]
    [OnDevices("opt-postnorm")]
    public void AStepAllocatesNothing(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int[][] prompts = Fixture.Prompts(name);
        var options = new GenerationOptions
        {
            MaxTokens = 12,
            Temperature = 1,
            TopK = 20,
            TopP = 0.9f,
            Hooks = new HookSet().Edit(Edit.Add(Site.ResidualPost[1], new float[model.Spec.Width], 2)),
        };
        using var state = new DecodeState(model, prompts, options);
        bool[] done = [false, false];
        for (int step = 0; step < 4; step++)
        {
            state.Next(done, step);
        }

        long managed = GC.GetAllocatedBytesForCurrentThread();
        long held = model.Device.Counters.BytesAllocated;
        for (int step = 4; step < 12; step++)
        {
            state.Next(done, step);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - managed);
        Assert.Equal(held, model.Device.Counters.BytesAllocated);
    }
}
