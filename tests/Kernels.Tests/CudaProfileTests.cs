using Weir.Kernels.Cuda;

namespace Weir.Kernels.Tests;

/// <summary>Profiles, on a driver whose clock ticks a millisecond for each piece of work.</summary>
public sealed class CudaProfileTests
{
    private readonly FakeCuda _fake = new();

    [Fact]
    public void EveryLaunchIsTimedBetweenItsOwnEvents()
    {
        using CudaDevice device = Open();
        using var buffer = device.Allocate(4096);
        Tensor x = new(buffer, 0, new Shape(4, 64)), y = new(buffer, 1024, new Shape(4, 64));
        device.Ops.Copy(x, y);
        using (CudaProfile profile = device.StartProfile())
        {
            Assert.Throws<InvalidOperationException>(device.StartProfile);
            device.Ops.Copy(x, y);
            device.Ops.Add(x, x, y);
            device.Ops.Copy(x, y);
            profile.Stop();
            device.Ops.Copy(x, y);
            Assert.Equal(["copy", "add", "copy"], profile.Launches.Select(l => l.Kernel));
            Assert.Equal([0, 0.001, 0.002], profile.Launches.Select(l => l.Start), Near);
            Assert.All(profile.Launches, l => Assert.Equal(0.001, l.Seconds, 6));
            Assert.Equal(["copy", "add"], profile.Kernels.Select(k => k.Kernel));
            KernelProfile copy = profile.Kernels[0];
            Assert.Equal("copy", copy.File);
            Assert.Equal(2, copy.Launches.Count);
            Assert.Equal(2 * 2 * 1024, copy.Bytes);
            Assert.Equal(40, copy.Facts.Registers);
            Assert.Equal(copy.Facts.BlocksPerMultiprocessor * copy.Launches[0].Threads / 1536.0, copy.Occupancy);
        }

        Assert.Null(device.Profile);
    }

    [Fact]
    public void LongOnesCollectOnTheWayAndKeepTheirTime()
    {
        using CudaDevice device = Open();
        using var buffer = device.Allocate(4096);
        Tensor x = new(buffer, 0, new Shape(4, 64)), y = new(buffer, 1024, new Shape(4, 64));
        using CudaProfile profile = device.StartProfile();
        const int Count = 10000;
        for (int i = 0; i < Count; i++)
        {
            device.Ops.Copy(x, y);
        }

        profile.Stop();
        Assert.Equal(Count, profile.Launches.Count);
        Assert.Equal((Count - 1) * 0.001, profile.Launches[^1].Start, 6);
        Assert.Equal(Count * 0.001, profile.Kernels.Single().Seconds, 6);
    }

    [Fact]
    public void RecordingsRunLaunchByLaunch()
    {
        using CudaDevice device = Open();
        using var buffer = device.Allocate(4096);
        Tensor x = new(buffer, 0, new Shape(4, 64)), y = new(buffer, 1024, new Shape(4, 64));
        device.Ops.Copy(x, y);
        using CudaProfile profile = device.StartProfile();
        using IRecording recording = device.Record(() => device.Ops.Copy(x, y));
        recording.Run();
        recording.Run();
        profile.Stop();
        Assert.Equal(2, profile.Launches.Count);
    }

    [Theory]
    [InlineData(32, 0, 1024, 0, 80, 2)] // 2,048 threads.
    [InlineData(33, 0, 1024, 0, 80, 1)] // 40 registers a thread: 65,536 hold 51 warps.
    [InlineData(128, 0, 128, 0, 80, 4)]
    [InlineData(128, 0, 128, 65536, 80, 2)] // 164 KiB hold two of 65.
    [InlineData(128, 0, 128, 65536, 90, 3)] // 228 KiB hold three.
    [InlineData(16, 4096, 32, 0, 80, 32)] // 32 blocks at most.
    [InlineData(255, 0, 256, 0, 90, 1)]
    public void OccupancyIsThatOfTheCalculator(int registers, int staticShared, int threads, int dynamicShared, int capability, int blocks) =>
        Assert.Equal(blocks, KernelOccupancy.BlocksOf(new KernelResources("", "", "", registers, staticShared, 0, 0, 0, 0, ""), threads, dynamicShared, capability));

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-6;

    private CudaDevice Open()
    {
        Assert.SkipUnless(EmulatorLibrary.Location is not null, "The emulator's library is not built: make -C kernels/emulator.");
        Assert.SkipUnless(KernelImage.AreBuilt, "The program was built without nvcc.");
        _fake.RunOn(EmulatorLibrary.Location!);
        return new CudaDevice(_fake.Open(), null, "cuda:0");
    }
}
