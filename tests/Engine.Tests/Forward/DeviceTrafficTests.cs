using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Tests.Forward;

/// <summary>While a pass runs the host neither waits nor allocates, and what it copies is small: ids, positions, rows of edits.</summary>
public sealed class DeviceTrafficTests
{
    [Theory]
    [OnDevices("gpt2")]
    [OnDevices("llama3")]
    [OnDevices("gemma2")]
    public void APassLeavesEverythingOnTheDevice(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int[][] prompts = Fixture.Prompts(name);
        int rows = prompts.Sum(p => p.Length);
        var hooks = new HookSet()
            .Capture(Site.ResidualPost.AllLayers)
            .Edit(Edit.Add(Site.ResidualPost[1], new float[model.Spec.Width], 2), Edit.Zero(Site.Z[0]) with { Head = 1 });
        for (int i = 0; i < 3; i++)
        {
            model.Forward(prompts, hooks).Dispose(); // Memory of this shape.
        }

        DeviceCounters c = model.Device.Counters;
        (long waits, long allocations, long copied) = (c.Waits, c.Allocations, c.BytesCopied);
        model.Forward(prompts, hooks).Dispose();
        Assert.Equal(waits, c.Waits);
        Assert.Equal(allocations, c.Allocations);

        // Ids and positions; rows of both edits and coefficients and vector of the first.
        long bound = sizeof(int) * ((5 * rows) + model.Spec.Width);
        Assert.InRange(c.BytesCopied - copied, 1, bound);
    }

    [Theory, OnDevices]
    public void ACaptureIsReadWhenItIsReadAndNotBefore(string device)
    {
        Model model = Fixture.Model("llama3", device);
        using ForwardResult run = model.Forward(Fixture.Prompts("llama3"), new HookSet().Capture(Site.ResidualPost[1]));
        long waits = model.Device.Counters.Waits;
        Fixture.Read(model, run[Site.ResidualPost[1]]);
        Assert.Equal(waits + 1, model.Device.Counters.Waits);
    }
}
