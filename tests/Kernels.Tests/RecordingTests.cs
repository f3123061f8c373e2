using System.Runtime.InteropServices;
using Weir.Kernels.Cuda;

namespace Weir.Kernels.Tests;

/// <summary>Recorded ops run when they are told to, on what their operands hold then.</summary>
public sealed class RecordingTests
{
    private const int Rows = 5, Width = 48;

    [Theory, EveryDevice]
    public void ARunIsACallOfTheOps(string device)
    {
        using var t = new TestTensors(device);
        var shape = new Shape(Rows, Width);
        float[] first = t.Normal(Rows * Width);
        float[] second = t.Normal(Rows * Width);
        Tensor x = t.InOut(first, shape);
        Tensor gain = t.Input(t.Normal(Width), new Shape(Width));
        Tensor middle = t.Output(shape);
        Tensor y = t.Output(shape, strided: true);
        void Ops()
        {
            t.Ops.RmsNorm(x, gain, 0, 1e-5f, middle);
            t.Ops.RmsNorm(middle, gain, 1, 1e-5f, y);
        }

        Ops();
        float[] expected = t.Read(y);
        t.Ops.RmsNorm(x, gain, 0, 1e-5f, y);
        float[] other = t.Read(y);
        using (IRecording recording = t.Device.Record(Ops))
        {
            Assert.Equal(other, t.Read(y));
            long ops = t.Device.Counters.Ops;
            recording.Run();
            Assert.Equal(expected, t.Read(y));
            bool replays = t.Device is CudaDevice;
            Assert.Equal(replays ? 1 : 0, t.Device.Counters.Replays);
            Assert.Equal(replays ? 0 : 2, t.Device.Counters.Ops - ops);

            t.Device.Write(x, MemoryMarshal.AsBytes(second.AsSpan()));
            recording.Run();
        }

        float[] ran = t.Read(y);
        Ops();
        Assert.Equal(t.Read(y), ran);
        Assert.NotEqual(expected, ran);
    }

    /// <summary>More of them than a device keeps tables of.</summary>
    [Theory, EveryDevice]
    public void BatchesBetweenRunsLeaveItsRowsAlone(string device)
    {
        var c = new AttentionCase(2, 1, 16, [40, 3], [1, 1]);
        using var t = new TestTensors(device);
        using KeyValueStore store = c.Store(t);
        Tensor q = t.Input(c.Queries, new Shape(2, c.Heads, c.Size)), z = t.Output(q.Shape), other = t.Output(q.Shape);
        PackedRows rows = c.Rows;
        void Ops() => t.Ops.Attention(q, store, rows, c.Options, z);
        Ops();
        float[] expected = t.Read(z);
        using IRecording recording = t.Device.Record(Ops);
        for (int i = 0; i < 40; i++)
        {
            t.Ops.Attention(q, store, new PackedRows([0, 1, 2], [i, 0]), c.Options, other);
        }

        t.Device.Write(z, new byte[z.Bytes]);
        recording.Run();
        Oracle.SameBits(expected, t.Read(z), device);
    }

    [Theory, EveryDevice]
    public void ARunAllocatesNothing(string device)
    {
        using var t = new TestTensors(device);
        Tensor x = t.InOut(t.Normal(Rows * Width), new Shape(Rows, Width));
        Tensor gain = t.Input(t.Normal(Width), new Shape(Width));
        void Ops() => t.Ops.RmsNorm(x, gain, 0, 1e-5f, x);
        Ops();
        using IRecording recording = t.Device.Record(Ops);
        recording.Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        recording.Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory, EveryDevice]
    public void AnErrorWhileRecordingLeavesTheDeviceAsItWas(string device)
    {
        using var t = new TestTensors(device);
        Tensor x = t.InOut(t.Normal(Rows * Width), new Shape(Rows, Width));
        Tensor gain = t.Input(t.Normal(Width), new Shape(Width));
        void Ops() => t.Ops.RmsNorm(x, gain, 0, 1e-5f, x);
        Ops();
        if (t.Device is CudaDevice)
        {
            byte[] bytes = new byte[x.Bytes];
            foreach (Action cannot in (Action[])[() => t.Device.Read(x, bytes), () => t.Device.Write(x, bytes), t.Device.Synchronize, () => t.Device.Allocate(1), () => t.Device.Record(Ops)])
            {
                Assert.Contains("cannot hold", Assert.Throws<CudaException>(() => t.Device.Record(cannot)).Message, StringComparison.Ordinal);
            }

            Assert.Throws<ArgumentException>(() => t.Device.Record(() => t.Ops.RmsNorm(x, x, 0, 1e-5f, x)));
        }

        using IRecording recording = t.Device.Record(Ops);
        recording.Run();
        Assert.DoesNotContain(t.Read(x), float.IsNaN);
    }

    [Theory, EveryDevice]
    public void AKernelOfTheCallersOwnRunsAmongTheOpsAndIsRecordedWithThem(string device)
    {
        using var t = new TestTensors(device);
        Assert.SkipUnless(t.Device is CudaDevice, "The CPU has no kernels.");
        var cuda = (CudaDevice)t.Device;
        float[] values = t.Normal(Rows * Width);
        float[] direction = t.Normal(Width);
        Tensor x = t.InOut(values, new Shape(Rows, Width), strided: true);
        Tensor v = t.Input(direction);
        UserKernel kernel = cuda.LoadKernel("steer");
        var arguments = new SteerArguments { X = x.Address, Direction = v.Address, Stride = x.RowStride, Width = Width, Strength = 2 };
        void Ops()
        {
            kernel.Launch(new Grid(Rows), 32, 0, arguments);
            t.Ops.Softcap(x, 30, x);
        }

        Ops();
        using (IRecording recording = cuda.Record(Ops))
        {
            recording.Run();
            recording.Run();
        }

        float[] expected = values;
        for (int run = 0; run < 3; run++)
        {
            expected = [.. expected.Select((e, i) => 30 * MathF.Tanh((e + (2 * direction[i % Width])) / 30))];
        }

        Assert.All(t.Read(x).Zip(expected), p => Assert.Equal(p.Second, p.First, 1e-5f));
    }

    [Fact]
    public void AKernelThatIsNotThereIsANamedError()
    {
        using var t = new TestTensors("emulated-80-1");
        var cuda = (CudaDevice)t.Device;
        Assert.Contains("no kernel nothing", Assert.Throws<CudaException>(() => cuda.LoadKernel("nothing")).Message, StringComparison.Ordinal);
        Assert.Contains("loads no PTX", Assert.Throws<CudaException>(() => cuda.LoadKernel("mine", ".version 8.0")).Message, StringComparison.Ordinal);
    }

    // The twin of the struct in kernels/examples/steer.cu.
    [StructLayout(LayoutKind.Sequential)]
    private struct SteerArguments
    {
        public nint X, Direction;
        public long Stride;
        public int Width;
        public float Strength;
    }
}
