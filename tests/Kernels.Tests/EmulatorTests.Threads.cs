using System.Runtime.InteropServices;
using Weir.Kernels.Cuda;

namespace Weir.Kernels.Tests;

/// <content>Threads of a block together: faults/threads.cu.</content>
public sealed unsafe partial class EmulatorTests
{
    private const int ReversedBytes = 70 * sizeof(float);

    [Theory]
    [InlineData(96)]
    [InlineData(70)]
    public void BarriersAndSharedMemoryWork(int threads) => RightWithEverySeed(seed => Reversed(seed, threads, fault: 0));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void FaultsOfBarriersAndSharedMemoryAreSeen(int fault) => SeenWithAFewSeeds(seed => Reversed(seed, 96, fault));

    [Theory]
    [InlineData(3, "wrote past an array of 280 bytes in shared memory")]
    [InlineData(4, "wrote past its 280 bytes of dynamic shared memory")]
    [InlineData(6, "but thread")]
    [InlineData(7, "no thread can go on")]
    public void AnErrorSaysWhatIsWrongWithABlock(int fault, string message)
    {
        CudaException e = Assert.Throws<CudaException>(() => Reversed(1, 96, fault));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains("block (0, 0, 0)", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(96)]
    [InlineData(70)]
    public void LanesExchangeWhatTheyHold(int threads) => RightWithEverySeed(seed => Lanes(seed, threads, fault: 0));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void FaultsOfLanesAreSeen(int fault) => SeenWithAFewSeeds(seed => Lanes(seed, 96, fault));

    [Theory]
    [InlineData(2, "it has come to")]
    [InlineData(3, "a shuffle reads lane 31, which is not in it")]
    [InlineData(4, "with a mask, fffffffd, that it is not in")]
    [InlineData(5, "thread 3 ended")]
    public void AnErrorSaysWhatIsWrongWithLanes(int fault, string message)
    {
        CudaException e = Assert.Throws<CudaException>(() => Lanes(0, 96, fault));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AtomicsAddUpOverBlocks() => RightWithEverySeed(seed => Atomics(seed, fault: 0));

    [Fact]
    public void AMissingBarrierBeforeAtomicsIsSeen() => SeenWithAFewSeeds(seed => Atomics(seed, fault: 1));

    [Fact]
    public void NamedBarriersHandOver() => RightWithEverySeed(seed => HandedOver(seed, fault: 0));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void FaultsOfNamedBarriersAreSeen(int fault) => SeenWithAFewSeeds(seed => HandedOver(seed, fault));

    [Fact]
    public void ALaunchThatDoesNotFitTheKernelIsAnError()
    {
        using var run = new EmulatorRun(1);
        CudaException size = Assert.Throws<CudaException>(() => run.Launch("reversed", 1, 96, 0L, ReversedBytes));
        Assert.Contains("its arguments take 24 bytes, but 8 were given", size.Message, StringComparison.Ordinal);
        CudaException threads = Assert.Throws<CudaException>(() => run.Launch("reversed", 1, 97, default(ThreadsArguments), ReversedBytes));
        Assert.Contains("1 to 96 threads", threads.Message, StringComparison.Ordinal);
        CudaException shared = Assert.Throws<CudaException>(() => run.Launch("reversed", 1, 96, default(ThreadsArguments), 228 << 10));
        Assert.Contains("a block may have", shared.Message, StringComparison.Ordinal);
    }

    private static (float[] Expected, float[] Actual) Reversed(long seed, int threads, int fault)
    {
        const int N = 70;
        float[] x = Numbers(N), expected = new float[N];
        for (int i = 0; i < N; i++)
        {
            expected[i] = x[N - 1 - i] + x[(2 * N - 2 - i) % N];
        }

        return (expected, RunThreads("reversed", seed, x, N, blocks: 1, threads, ReversedBytes, fault));
    }

    private static (float[] Expected, float[] Actual) Lanes(long seed, int threads, int fault)
    {
        const int N = 70;
        float[] x = Numbers(N), expected = new float[7 * N];
        for (int first = 0; first < N; first += 32)
        {
            float[] warp = x[first..Math.Min(first + 32, N)];
            float[] sums = [.. warp];
            for (int delta = 1; delta < 32; delta *= 2)
            {
                float[] before = [.. sums];
                for (int lane = delta; lane < warp.Length; lane++)
                {
                    sums[lane] += before[lane - delta];
                }
            }

            for (int lane = 0; lane < warp.Length; lane++)
            {
                float[] of =
                [
                    sums[lane], sums[^1], warp[lane ^ 1], warp[lane | 1], warp.Count(v => v > 0),
                    (warp.Any(v => v > 1.5f) ? 2 : 0) + (warp.All(v => v > -1.5f) ? 1 : 0), warp[(lane + 1) % warp.Length],
                ];
                of.CopyTo(expected, 7 * (first + lane));
            }
        }

        return (expected, RunThreads("lanes", seed, x, 7 * N, blocks: 1, threads, 0, fault));
    }

    private static (float[] Expected, float[] Actual) Atomics(long seed, int fault)
    {
        const int N = 250;
        float[] x = [.. Numbers(N).Select(v => MathF.Truncate(100 + (20 * v)))];
        int[] whole = [.. x.Select(v => (int)v)];
        int[] expected = [N, BitConverter.SingleToInt32Bits(x.Sum()), whole.Max(), whole.Min(), whole.Aggregate((a, b) => a | b), N, 4];
        using var run = new EmulatorRun(seed);
        var y = (float*)run.Input(new[] { 0, 0, 0, int.MaxValue, 0, 0, 0 });
        run.Launch("atomics", 4, 64, new ThreadsArguments { X = run.Input(x), Y = y, N = N, Fault = fault });
        return ([.. expected.Select(BitConverter.Int32BitsToSingle)], run.Read(y, expected.Length));
    }

    private static (float[] Expected, float[] Actual) HandedOver(long seed, int fault)
    {
        const int N = 5 * 64;
        float[] x = Numbers(N), expected = new float[N];
        for (int i = 0; i < N; i++)
        {
            expected[i] = 2 * x[(i / 64 * 64) + 63 - (i % 64)];
        }

        return (expected, RunThreads("handed_over", seed, x, N, blocks: 1, 128, 0, fault));
    }

    private static float[] RunThreads(string kernel, long seed, float[] x, int count, int blocks, int threads, int sharedBytes, int fault)
    {
        using var run = new EmulatorRun(seed);
        float* y = run.Output(count);
        run.Launch(kernel, blocks, threads, new ThreadsArguments { X = run.Input(x), Y = y, N = x.Length, Fault = fault }, sharedBytes);
        return run.Read(y, count);
    }

    private static float[] Numbers(int count)
    {
        var random = new Random(3);
        var values = new float[count];
        foreach (ref float v in values.AsSpan())
        {
            v = (float)((4 * random.NextDouble()) - 2);
        }

        return values;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ThreadsArguments
    {
        public float* X, Y;
        public int N, Fault;
    }
}
