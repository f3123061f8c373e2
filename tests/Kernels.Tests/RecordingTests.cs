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
        Tensor x = t.Input(t.Normal(Rows * Width), new Shape(Rows, Width));
        Tensor gain = t.Input(t.Normal(Width), new Shape(Width));
        Tensor y = t.Output(new Shape(Rows, Width));
        t.Ops.RmsNorm(x, gain, 0, 1e-5f, y);
        t.Ops.RmsNorm(y, gain, 0, 1e-5f, y);
        float[] expected = t.Read(y);

        UserKernel kernel = cuda.LoadKernel("rms_norm");
        var arguments = new RmsNormArguments
        {
            X = x.Address, Gain = gain.Address, Y = y.Address, StrideX = Width, StrideY = Width, Groups = 1, Size = Width, Epsilon = 1e-5f,
        };
        void Both()
        {
            kernel.Launch(new Grid(Rows), 256, 0, arguments);
            t.Ops.RmsNorm(y, gain, 0, 1e-5f, y);
        }

        Both();
        Assert.Equal(expected, t.Read(y));
        using IRecording recording = cuda.Record(Both);
        t.Ops.RmsNorm(x, gain, 0, 1e-5f, y);
        recording.Run();
        Assert.Equal(expected, t.Read(y));
    }

    [Fact]
    public void AKernelThatIsNotThereIsANamedError()
    {
        using var t = new TestTensors("emulated-80-1");
        var cuda = (CudaDevice)t.Device;
        Assert.Contains("no kernel called nothing", Assert.Throws<CudaException>(() => cuda.LoadKernel("nothing")).Message, StringComparison.Ordinal);
        Assert.Contains("loads no PTX", Assert.Throws<CudaException>(() => cuda.LoadKernel("mine", ".version 8.0")).Message, StringComparison.Ordinal);
    }

    // The parameter of rms_norm as a caller would write it.
    [StructLayout(LayoutKind.Sequential)]
    private struct RmsNormArguments
    {
        public nint X, Gain, Y, Scale, Normalized;
        public long StrideX, StrideY, StrideScale, StrideNormalized;
        public int Groups, Size;
        public float GainOffset, Epsilon;
    }
}
