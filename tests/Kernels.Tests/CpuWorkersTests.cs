using Weir.Kernels.Cpu;

namespace Weir.Kernels.Tests;

/// <summary>Loops on several threads: every chunk once, no matter who sleeps; failures surface when all have stopped.</summary>
public sealed unsafe class CpuWorkersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void EveryChunkRunsOnce(int threads)
    {
        using var workers = new CpuWorkers(threads);
        var random = new Random(7);
        int* counts = stackalloc int[64];
        for (int loop = 0; loop < 3000; loop++)
        {
            int chunks = random.Next(40);
            new Span<int>(counts, 64).Clear();
            var body = new Count { Counts = counts };
            workers.For(chunks, ref body);
            for (int i = 0; i < 64; i++)
            {
                Assert.Equal(i < chunks ? 1 : 0, counts[i]);
            }

            if (loop % 500 == 0)
            {
                Thread.Sleep(5); // The workers go to sleep.
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void AFailureSurfacesAsItself(int threads)
    {
        using var workers = new CpuWorkers(threads);
        int* counts = stackalloc int[64];
        for (int bad = 0; bad < 20; bad++)
        {
            int running = 0;
            var body = new Fail { Bad = bad, Running = &running };
            FormatException e = Assert.Throws<FormatException>(() => Run(workers, body));
            Assert.Equal("chunk", e.Message);
            Assert.Equal(0, running);

            new Span<int>(counts, 64).Clear();
            var after = new Count { Counts = counts };
            workers.For(30, ref after);
            Assert.Equal(30, new Span<int>(counts, 64).ToArray().Sum());
        }
    }

    [Fact]
    public void ALoopInALoopIsAnError()
    {
        using var workers = new CpuWorkers(2);
        var body = new Nested { Workers = workers };
        Assert.Throws<InvalidOperationException>(() => Run(workers, body));
    }

    private static void Run<TBody>(CpuWorkers workers, TBody body)
        where TBody : struct, IParallelBody => workers.For(20, ref body);

    private struct Count : IParallelBody
    {
        public int* Counts;

        public readonly void Run(int chunk, int worker) => Interlocked.Increment(ref Counts[chunk]);
    }

    private struct Fail : IParallelBody
    {
        public int Bad;
        public int* Running;

        public readonly void Run(int chunk, int worker)
        {
            if (chunk == Bad)
            {
                throw new FormatException("chunk");
            }

            Interlocked.Increment(ref *Running);
            Thread.SpinWait(20);
            Interlocked.Decrement(ref *Running);
        }
    }

    private struct Nested : IParallelBody
    {
        public CpuWorkers Workers;

        public readonly void Run(int chunk, int worker)
        {
            var inner = default(Count);
            Workers.For(2, ref inner);
        }
    }
}
