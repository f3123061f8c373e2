using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>A decode step is hundreds of ops: none may leave anything for the garbage collector, and each is counted.</summary>
public sealed class AllocationTests
{
    [Theory, EveryDevice]
    public void OpsAllocateNothingAndAreCounted(string device)
    {
        const int Rows = 37, Width = 512, Calls = 5;
        using var t = new TestTensors(device);
        var shape = new Shape(Rows, Width);
        Tensor x = t.Input(t.Normal(Rows * Width), shape);
        Tensor y = t.Output(shape);
        Tensor gain = t.Input(t.Normal(Width), new Shape(Width));
        Tensor scale = t.Input(t.Normal(Rows), new Shape(Rows, 1));
        Tensor one = t.Input(t.Normal(Rows), new Shape(Rows));
        Tensor half = t.Output(new Shape(Rows, 32));
        Tensor alsoHalf = t.Output(new Shape(Rows, 32));
        Tensor frequencies = t.Input(t.Normal(32), new Shape(32));
        Tensor some = t.Input(Enumerable.Range(0, Rows).Reverse().ToArray(), new Shape(Rows));
        Tensor statistics = t.Output(new Shape(Rows, 4));
        Tensor ids = t.Output(new Shape(Rows), type: ElementType.I32);
        Tensor column = t.Output(new Shape(Rows));
        Tensor divergence = t.Output(new Shape(Rows));
        Tensor list = t.Output(new Shape(Rows, 3));
        using WeightMatrix weights = TestWeights.Load(t.Device, t.Normal(Width * Width), Width, Width, ElementType.F16);
        var lens = new LensArguments
        {
            States = x,
            Unembedding = weights,
            Temperature = 1,
            Entropy = column,
            TopLogProbabilities = list,
            Targets = some,
            TargetRanks = ids.Reshape(Rows, 1),
            References = some,
            Divergence = divergence,
        };
        SamplingOptions[] options = [.. Enumerable.Repeat(new SamplingOptions(1, 50, 0.9f, 0.5), Rows)];

        (string Op, Action Run)[] ops =
        [
            ("Activate", () => t.Ops.Activate(Activation.Silu, x, x, y)),
            ("Add", () => t.Ops.Add(x, x, y)),
            ("AddPositions", () => t.Ops.AddPositions(x, some, x, 0, y)),
            ("Affine", () => t.Ops.Affine(x, gain, 0, gain, y)),
            ("CompareRows", () => t.Ops.CompareRows(x, x, statistics)),
            ("Copy", () => t.Ops.Copy(x, y)),
            ("Edit", () => t.Ops.Edit(EditKind.ProjectOut, y, some, one, gain)),
            ("Embed", () => t.Ops.Embed(some, weights, 1, y)),
            ("GatherRows", () => t.Ops.GatherRows(x, some, y)),
            ("LayerNorm", () => t.Ops.LayerNorm(x, gain, gain, 1e-5f, y)),
            ("Lens", () => t.Ops.Lens(lens)),
            ("MatMul", () => t.Ops.MatMul(x, weights, y, new MatMulOptions { Bias = gain, Activation = Activation.Silu, Residual = x })),
            ("Normalize", () => t.Ops.Normalize(x, scale, centered: true, y)),
            ("RmsNorm", () => t.Ops.RmsNorm(x, gain, 0, 1e-5f, y)),
            ("RopeAngles", () => t.Ops.RopeAngles(some, frequencies, 1, half, alsoHalf)),
            ("Rope", () => t.Ops.Rope(x.Reshape(Rows, 8, 64), half, alsoHalf, y.Reshape(Rows, 8, 64))),
            ("Sample", () => t.Ops.Sample(x, options, ids)),
            ("Softcap", () => t.Ops.Softcap(x, 30, y)),
            ("Subtract", () => t.Ops.Subtract(x, x, y)),
            ("WeightColumns", () => t.Ops.WeightColumns(weights, 3, y)),
        ];
        foreach ((string op, Action run) in ops)
        {
            // The runtime allocates when a lock is first contended: what an op allocates, it allocates every time.
            long least = long.MaxValue;
            long counted = t.Device.Counters.Ops;
            for (int i = 0; i < Calls; i++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                run();
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Assert.True(least == 0, $"{op} allocates {least} bytes a call.");
            Assert.True(t.Device.Counters.Ops == counted + Calls, $"{op} is not counted as one op.");
        }

        t.CheckSentinels();
    }
}
