using System.Runtime.InteropServices;
using System.Text;
using Weir.Kernels.Cuda;
using Weir.Kernels.Cuda.Native;

namespace Weir.Kernels.Tests;

/// <summary>
/// The driver of a real device against a library that stands in for libcuda, compiled against NVIDIA's header: what is
/// called, in which order, with what, what errors say, and what is given back.
/// </summary>
public sealed unsafe class NativeCudaDriverTests
{
    private const int Mebi = 1 << 20;
    private const string Nothing = "0 memory, 0 host, 0 contexts, 0 streams, 0 events, 0 modules, 0 graphs";

    private readonly FakeCuda _fake = new();

    [Fact]
    public void TheDeviceIsDescribed()
    {
        using NativeCudaDriver driver = _fake.Open(1);
        Assert.Equal(new CudaFacts("Fake GPU 1", 90, 3, 1L << 30, 5 * Mebi, 232448, 13000, IsEmulated: false) { ThreadsPerMultiprocessor = 1536 }, driver.Facts);
        Assert.Equal((1L << 30) + 1000, driver.FreeBytes);
        nint memory = driver.Allocate(Mebi);
        Assert.Equal((1L << 30) + 1000 - Mebi, driver.FreeBytes);
        driver.Free(memory);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EverythingIsGivenBack(bool pools)
    {
        _fake.Set(pools: pools);
        using (NativeCudaDriver driver = _fake.Open())
        {
            nint memory = driver.Allocate(100);
            (nint host, nint device) = driver.AllocateShared(100);
            Assert.NotEqual(0, device);
            nint module = driver.LoadModule("kernels/add.cu", Encoding.UTF8.GetBytes(FakeCuda.Ptx));
            nint handle = driver.CreateEvent();
            driver.BeginCapture();
            driver.Fill(memory, 1, 100);
            nint graph = driver.EndCapture();
            Assert.NotEqual(0, driver.GetFunction(module, "add"));
            Assert.Equal("1 memory, 2 host, 1 contexts, 1 streams, 3 events, 1 modules, 1 graphs", _fake.Live);
            driver.DestroyGraph(graph);
            driver.DestroyEvent(handle);
            driver.Free(memory);
            driver.FreeShared(host);
        }

        Assert.Equal(Nothing, _fake.Live);
        Assert.Contains(pools ? "cuMemFreeAsync" : "cuMemFree_v2", _fake.Calls);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4 * Mebi)]
    [InlineData((4 * Mebi) + 1)]
    [InlineData(13 * Mebi)]
    public void BytesArriveAndComeBack(int count)
    {
        using NativeCudaDriver driver = _fake.Open();
        byte[] bytes = Bytes(count);
        nint memory = driver.Allocate(count);
        byte[] source = [.. bytes];
        driver.CopyToDevice(memory, source);
        Array.Clear(source); // The caller may use it again at once.
        byte[] back = new byte[count];
        driver.CopyToHost(back, memory, count, count);
        Assert.True(bytes.AsSpan().SequenceEqual(back));
        driver.Free(memory);
    }

    [Theory]
    [InlineData(3, 5, 8)]
    [InlineData(1, 5, 8)]
    [InlineData(70001, 100, 164)]
    [InlineData(3, (5 * Mebi) + 4, 6 * Mebi)]
    [InlineData(2, 4 * Mebi, 5 * Mebi)]
    public void StridedRowsComeBackWithoutTheirGaps(int rows, int rowBytes, int pitch)
    {
        using NativeCudaDriver driver = _fake.Open();
        byte[] bytes = Bytes(rows * pitch);
        nint memory = driver.Allocate(bytes.Length);
        driver.CopyToDevice(memory, bytes);
        byte[] back = new byte[rows * rowBytes];
        driver.CopyToHost(back, memory, rowBytes, pitch);
        for (int row = 0; row < rows; row++)
        {
            Assert.True(bytes.AsSpan(row * pitch, rowBytes).SequenceEqual(back.AsSpan(row * rowBytes, rowBytes)), $"row {row}");
        }

        Assert.Equal(rows > 1 && rowBytes < 4 * Mebi, _fake.Calls.Any(c => c.StartsWith("cuMemcpy2DAsync_v2", StringComparison.Ordinal)));
        driver.Free(memory);
    }

    [Fact]
    public void SmallCopiesToTheDeviceWaitForNothingAndKeepTheirOrder()
    {
        using NativeCudaDriver driver = _fake.Open();
        nint memory = driver.Allocate(400);
        for (byte i = 0; i < 100; i++)
        {
            driver.CopyToDevice(memory + (4 * i), [i, i, i, i]);
        }

        Assert.DoesNotContain("cuEventSynchronize", _fake.Calls);
        byte[] back = new byte[400];
        driver.CopyToHost(back, memory, 400, 400);
        Assert.Equal(Enumerable.Range(0, 400).Select(i => (byte)(i / 4)), back);
        driver.Free(memory);
    }

    [Fact]
    public void CopiesAndFillsOnTheDevice()
    {
        using NativeCudaDriver driver = _fake.Open();
        nint memory = driver.Allocate(64);
        driver.Fill(memory, 7, 64);
        driver.CopyToDevice(memory, [1, 2, 3]);
        driver.CopyOnDevice(memory + 32, memory, 2);
        byte[] back = new byte[64];
        driver.CopyToHost(back, memory, 64, 64);
        Assert.Equal([1, 2, 3, 7, .. Enumerable.Repeat((byte)7, 28), 1, 2, 7, .. Enumerable.Repeat((byte)7, 29)], back);
        driver.Free(memory);
    }

    [Fact]
    public void AnyThreadMayCall()
    {
        using NativeCudaDriver driver = _fake.Open();
        nint memory = 0;
        var thread = new Thread(() => memory = driver.Allocate(16));
        thread.Start();
        thread.Join();
        Assert.NotEqual(0, memory);
        driver.Free(memory);
    }

    [Fact]
    public void KernelsAreLaunchedWithOneStruct()
    {
        using NativeCudaDriver driver = _fake.Open();
        nint function = Add(driver);
        Launch(driver, function, sharedBytes: 0);
        Launch(driver, function, sharedBytes: 49152);
        Launch(driver, function, sharedBytes: 100000);
        Launch(driver, function, sharedBytes: 90000);
        Assert.Equal(
            [
                "cuLaunchKernel add 5,6,7 128,1,1 0",
                "cuLaunchKernel add 5,6,7 128,1,1 49152",
                "cuFuncSetAttribute 8 100000",
                "cuLaunchKernel add 5,6,7 128,1,1 100000",
                "cuLaunchKernel add 5,6,7 128,1,1 90000",
            ],
            _fake.Calls.Where(c => c.StartsWith("cuLaunch", StringComparison.Ordinal) || c.StartsWith("cuFuncSet", StringComparison.Ordinal)));
        Assert.Equal(new CudaFunctionFacts(40, 128, 16, 12), driver.GetFunctionFacts(function, 128, 120000));
        Assert.Contains("cuFuncSetAttribute 8 120000", _fake.Calls);
    }

    [Fact]
    public void OpsRunAsOnTheEmulator()
    {
        Assert.SkipUnless(EmulatorLibrary.Location is not null, "The emulator's library is not built: make -C kernels/emulator.");
        Assert.SkipUnless(KernelImage.AreBuilt, "The program was built without nvcc.");
        _fake.RunOn(EmulatorLibrary.Location!);
        float[] values = [.. Enumerable.Range(0, 3 * 100).Select(i => MathF.Sin(i))];
        float[] Norm(CudaDevice device)
        {
            using var buffer = device.Allocate(2 * 1200);
            using var gainBuffer = device.Allocate(400);
            var x = new Tensor(buffer, 0, new Shape(3, 100));
            var y = new Tensor(buffer, 1200, new Shape(3, 100));
            var gain = new Tensor(gainBuffer, 0, new Shape(100));
            device.Write(x, MemoryMarshal.AsBytes(values.AsSpan()));
            device.Write(gain, MemoryMarshal.AsBytes(values.AsSpan(0, 100)));
            device.Ops.RmsNorm(x, gain, 1, 1e-6f, y);
            return device.Read<float>(y);
        }

        float[] expected;
        using (CudaDevice emulated = CudaDevice.OpenEmulated())
        {
            expected = Norm(emulated);
        }

        using (var native = new CudaDevice(_fake.Open(), null, "cuda:0"))
        {
            Assert.Equal(expected, Norm(native));
        }

        Assert.Equal(Nothing, _fake.Live);
    }

    [Fact]
    public void GraphsRunAgainWhatWasRecorded()
    {
        using NativeCudaDriver driver = _fake.Open();
        nint memory = driver.Allocate(8);
        driver.Fill(memory, 1, 8);
        driver.BeginCapture();
        driver.Fill(memory, 9, 4);
        nint graph = driver.EndCapture();
        byte[] back = new byte[8];
        driver.CopyToHost(back, memory, 8, 8);
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1], back);
        for (int i = 0; i < 2; i++)
        {
            driver.Fill(memory, 2, 8);
            driver.LaunchGraph(graph);
            driver.CopyToHost(back, memory, 8, 8);
            Assert.Equal([9, 9, 9, 9, 2, 2, 2, 2], back);
        }

        driver.DestroyGraph(graph);
        driver.Free(memory);
    }

    [Theory]
    [InlineData("a copy to the device")]
    [InlineData("a copy to the host")]
    [InlineData("an allocation")]
    [InlineData("giving memory back")]
    [InlineData("waiting")]
    [InlineData("another recording")]
    public void GraphsRefuseWhatTheyCannotHold(string what)
    {
        using NativeCudaDriver driver = _fake.Open();
        nint memory = driver.Allocate(8);
        driver.BeginCapture();
        Refuse($"A graph cannot hold {what}", () =>
        {
            switch (what)
            {
                case "a copy to the device": driver.CopyToDevice(memory, [1]); break;
                case "a copy to the host": driver.CopyToHost(new byte[1], memory, 1, 1); break;
                case "an allocation": driver.Allocate(1); break;
                case "giving memory back": driver.Free(memory); break;
                case "waiting": driver.Synchronize(); break;
                default: driver.BeginCapture(); break;
            }
        });
        driver.DestroyGraph(driver.EndCapture());
        driver.Free(memory);
    }

    [Fact]
    public void EventsMeasure()
    {
        using NativeCudaDriver driver = _fake.Open();
        nint memory = driver.Allocate(8);
        nint start = driver.CreateEvent(), end = driver.CreateEvent();
        driver.RecordEvent(start);
        driver.Fill(memory, 1, 8);
        driver.Fill(memory, 2, 8);
        driver.RecordEvent(end);
        Assert.Equal(2, driver.ElapsedMilliseconds(start, end));
        driver.DestroyEvent(start);
        driver.DestroyEvent(end);
        driver.Free(memory);
    }

    [Fact]
    public void TensorMapsSayColumnsFirst()
    {
        using NativeCudaDriver driver = _fake.Open();
        byte[] map = new byte[130];
        driver.EncodeTensorMap(new TensorMapLayout(0x1230, ElementType.BF16, Rows: 1000, Columns: 72, RowBytes: 160, BoxRows: 16, BoxColumns: 64, Swizzled: true), map.AsSpan(1));
        Assert.Equal("cuTensorMapEncodeTiled type 9, sizes 72 1000, stride 160, box 64 16, steps 1 1, interleave 0, swizzle 3, promotion 2, fill 0", _fake.Calls[^1]);
        Assert.Equal(0x1230, BitConverter.ToInt64(map, 1));
        Assert.Equal(0, map[129]);
        driver.EncodeTensorMap(new TensorMapLayout(0x10, ElementType.F32, 3, 4, 16, 1, 4, Swizzled: false), map);
        Assert.Equal("cuTensorMapEncodeTiled type 7, sizes 4 3, stride 16, box 4 1, steps 1 1, interleave 0, swizzle 0, promotion 2, fill 0", _fake.Calls[^1]);
        Refuse("cuTensorMapEncodeTiled failed with CUDA_ERROR_INVALID_VALUE (text of the error) for TensorMapLayout", () =>
            driver.EncodeTensorMap(new TensorMapLayout(0x11, ElementType.F16, 3, 4, 16, 1, 4, Swizzled: false), map));
    }

    [Fact]
    public void ErrorsNameCallErrorAndDevice()
    {
        using NativeCudaDriver driver = _fake.Open();
        _fake.Fail("cuEventCreate", 1);
        Refuse("cuEventCreate failed with CUDA_ERROR_INVALID_VALUE (text of the error), on Fake GPU 0, compute capability 9.0, driver 13.0.", () => driver.CreateEvent());
        _fake.Fail("cuEventCreate", 12345);
        Refuse("cuEventCreate failed with error 12345 (unknown to this driver), on Fake GPU 0", () => driver.CreateEvent());
    }

    [Theory]
    [InlineData(true, "cuMemAllocAsync")]
    [InlineData(false, "cuMemAlloc")]
    public void WithoutMemoryTheErrorSaysHowMuchThereIs(bool pools, string call)
    {
        _fake.Set(pools: pools);
        using NativeCudaDriver driver = _fake.Open();
        Refuse($"{call} failed with CUDA_ERROR_OUT_OF_MEMORY (text of the error): 1,073,741,825 bytes were asked for and 1,073,741,824 of 1,073,741,824 are free: use a smaller batch", () => driver.Allocate((1L << 30) + 1));
    }

    [Fact]
    public void ALaunchThatFailsIsDescribed()
    {
        using NativeCudaDriver driver = _fake.Open();
        nint function = Add(driver);
        _fake.Fail("cuLaunchKernel", 1);
        Refuse("cuLaunchKernel failed with CUDA_ERROR_INVALID_VALUE (text of the error): add, grid (5, 6, 7), 128 threads, 64 bytes of dynamic shared memory, on Fake GPU 0", () => Launch(driver, function, 64));
        Refuse("cuFuncSetAttribute failed with CUDA_ERROR_INVALID_VALUE (text of the error): add, grid (5, 6, 7), 128 threads, 300000 bytes of dynamic shared memory; a block may have 232448 bytes in all, on Fake GPU 0", () => Launch(driver, function, 300000));
    }

    [Fact]
    public void AKernelsFaultIsToldApartFromTheCallThatMeetsIt()
    {
        NativeCudaDriver driver = _fake.Open();
        nint memory = driver.Allocate(8);
        Launch(driver, Add(driver), 0);
        _fake.Break(700);
        string message = Refuse("CUDA_ERROR_ILLEGAL_ADDRESS", driver.Synchronize);
        Assert.Contains("the last one launched is add, grid (5, 6, 7), 128 threads", message, StringComparison.Ordinal);
        Assert.Contains("CUDA_LAUNCH_BLOCKING=1", message, StringComparison.Ordinal);
        driver.Dispose(); // It does not hide the error that is on its way.
    }

    [Fact]
    public void GivingMemoryBackAfterAFaultIsNoSecondError()
    {
        _fake.Set(pools: false);
        NativeCudaDriver driver = _fake.Open();
        nint memory = driver.Allocate(8);
        _fake.Fail("cuMemFree_v2", 719);
        driver.Free(memory);
        _fake.Fail("cuMemFree_v2", 1);
        Refuse("cuMemFree failed with CUDA_ERROR_INVALID_VALUE", () => driver.Free(memory));
        driver.Free(memory);
        driver.Dispose();
        Assert.Equal(Nothing, _fake.Live);
    }

    [Fact]
    public void AModuleThatDoesNotLoadShowsTheCompilersLog()
    {
        using NativeCudaDriver driver = _fake.Open();
        byte[] image = Encoding.UTF8.GetBytes(FakeCuda.Ptx);
        _fake.SetJitLog("ptxas application ptx input, line 9; fatal : Unexpected instruction");
        _fake.Fail("cuModuleLoadDataEx", 218);
        Refuse("cuModuleLoadDataEx failed with CUDA_ERROR_INVALID_PTX (text of the error) for kernels/add.cu, PTX 8.4 for sm_80, on Fake GPU 0, compute capability 9.0, driver 13.0; the driver's compiler says: ptxas application ptx input, line 9; fatal : Unexpected instruction.", () => driver.LoadModule("kernels/add.cu", image));
        _fake.SetJitLog("");
        _fake.Fail("cuModuleLoadDataEx", 222);
        Refuse("it was compiled by a newer CUDA than the driver's: update the driver, or build Weir with an older nvcc; the driver's compiler says: info.", () => driver.LoadModule("kernels/add.cu", image));
        nint module = driver.LoadModule("kernels/add.cu", image);
        Refuse("cuModuleGetFunction failed with CUDA_ERROR_NOT_FOUND (text of the error) for the kernel subtract, on Fake GPU 0", () => driver.GetFunction(module, "subtract"));
    }

    [Fact]
    public void WhatIsNotThereIsASentence()
    {
        Refuse("There is no CUDA driver on this machine (", () => _ = new CudaLibrary("/nowhere/libcuda.so"));
        Refuse("has no cuInit, so it is older than CUDA 12", () => _ = new CudaLibrary("libc.so.6"));
        Refuse("There is no CUDA device 2: the driver shows 2", () => _fake.Open(2));
        _fake.Set(capability: 75);
        Refuse("Fake GPU 0 has compute capability 7.5, but Weir's kernels need 8.0 or later", () => _fake.Open());
        _fake.Fail("cuInit", 100);
        Refuse("cuInit failed with CUDA_ERROR_NO_DEVICE (text of the error): the CUDA driver does not start", () => _fake.Load());
        Assert.Equal(Nothing, _fake.Live);
    }

    [Fact]
    public void DevicesAreListedWithWhatTheyLack()
    {
        IReadOnlyList<CudaDeviceListing> devices = CudaSystem.Devices(_fake.Load, out string? problem);
        Assert.Null(problem);
        Assert.Equal(["cuda:0 Fake GPU 0 free 1073742824", "cuda:1 Fake GPU 1 free 1073742824"], devices.Select(d => $"{d.Name} {d.Facts?.Name} free {d.FreeBytes}{d.Problem}"));
        _fake.Fail("cuStreamCreate", 2, skip: 1);
        devices = CudaSystem.Devices(_fake.Load, out problem);
        Assert.Null(problem);
        Assert.Null(devices[0].Problem);
        Assert.StartsWith("cuStreamCreate failed with CUDA_ERROR_OUT_OF_MEMORY", devices[1].Problem, StringComparison.Ordinal);
        _fake.Set(devices: 0);
        Assert.Empty(CudaSystem.Devices(_fake.Load, out problem));
        Assert.Equal("The CUDA driver shows no device.", problem);
        _fake.Fail("cuInit", 100);
        Assert.Empty(CudaSystem.Devices(_fake.Load, out problem));
        Assert.StartsWith("cuInit failed with CUDA_ERROR_NO_DEVICE", problem, StringComparison.Ordinal);
        Assert.Equal(Nothing, _fake.Live);
    }

    [Theory]
    [InlineData("cuStreamCreate")]
    [InlineData("cuMemPoolSetAttribute")]
    [InlineData("cuMemHostAlloc")]
    [InlineData("cuEventCreate")]
    public void ADeviceThatDoesNotOpenLeavesNothingBehind(string call)
    {
        _fake.Fail(call, 1);
        Refuse(call + " failed", () => _fake.Open());
        Assert.Equal(Nothing, _fake.Live);
    }

    private static string Refuse(string expected, Action action)
    {
        string message = Assert.Throws<CudaException>(action).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        return message;
    }

    private static nint Add(NativeCudaDriver driver) => driver.GetFunction(driver.LoadModule("kernels/add.cu", Encoding.UTF8.GetBytes(FakeCuda.Ptx)), "add");

    private static void Launch(NativeCudaDriver driver, nint function, int sharedBytes)
    {
        long* arguments = stackalloc long[] { 1, 2 };
        driver.Launch(new CudaLaunch(function, "add", new Grid(5, 6, 7), 128, sharedBytes, (nint)arguments, 16));
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
