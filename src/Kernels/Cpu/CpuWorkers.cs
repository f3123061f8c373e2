using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir.Kernels.Cpu;

/// <summary>
/// Threads that share the chunks of a loop. They spin a little before they sleep, because a decode step is some hundred
/// loops of microseconds each. The caller works too. No allocation per loop.
/// </summary>
internal sealed unsafe class CpuWorkers : IDisposable
{
    private const int SpinsBeforeSleep = 2000;

    private readonly Thread[] _threads;
    private readonly nint[] _scratch;
    private readonly nuint[] _scratchBytes;
    private readonly object _gate = new();
    private delegate*<void*, int, int, void> _run;
    private void* _body;
    private int _chunks;
    private int _next;
    private int _running;
    private volatile int _generation;
    private volatile bool _stop;
    private volatile Exception? _failure;

    public CpuWorkers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _scratch = new nint[threads];
        _scratchBytes = new nuint[threads];
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"weir worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Threads that work on a loop, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Runs every chunk once, each on whichever thread is free; returns when all are done.</summary>
    public void For<TBody>(int chunks, ref TBody body)
        where TBody : struct, IParallelBody
    {
        if (_threads.Length == 0 || chunks <= 1)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                body.Run(chunk, 0);
            }

            return;
        }

        _run = &Trampoline<TBody>;
        _body = Unsafe.AsPointer(ref body);
        _chunks = chunks;
        _next = 0;
        Volatile.Write(ref _running, _threads.Length);
        lock (_gate)
        {
            _generation++;
            Monitor.PulseAll(_gate);
        }

        TakeChunks(0);
        var spin = default(SpinWait);
        while (Volatile.Read(ref _running) != 0)
        {
            if (spin.Count < 20)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
            else
            {
                Thread.SpinWait(20);
            }
        }

        if (_failure is { } failure)
        {
            _failure = null;
            throw new InvalidOperationException("A worker failed: " + failure.Message, failure);
        }
    }

    /// <summary>A worker's own scratch memory, 64-byte aligned, kept from loop to loop; contents undefined.</summary>
    public float* Scratch(int worker, long floats)
    {
        nuint bytes = checked((nuint)floats * sizeof(float));
        if (_scratchBytes[worker] < bytes)
        {
            NativeMemory.AlignedFree((void*)_scratch[worker]);
            _scratch[worker] = (nint)NativeMemory.AlignedAlloc(bytes, 64);
            _scratchBytes[worker] = bytes;
        }

        return (float*)_scratch[worker];
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stop = true;
            _generation++;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        foreach (ref nint scratch in _scratch.AsSpan())
        {
            NativeMemory.AlignedFree((void*)scratch);
            scratch = 0;
        }
    }

    private static void Trampoline<TBody>(void* body, int chunk, int worker)
        where TBody : struct, IParallelBody => Unsafe.AsRef<TBody>(body).Run(chunk, worker);

    private void TakeChunks(int worker)
    {
        delegate*<void*, int, int, void> run = _run;
        void* body = _body;
        int chunks = _chunks;
        try
        {
            int chunk;
            while ((chunk = Interlocked.Increment(ref _next) - 1) < chunks)
            {
                run(body, chunk, worker);
            }
        }
        catch (Exception e) when (worker != 0)
        {
            _failure = e;
        }
    }

    private void Work(int worker)
    {
        int seen = 0;
        while (true)
        {
            int spins = 0;
            while (_generation == seen)
            {
                if (++spins < SpinsBeforeSleep)
                {
                    Thread.SpinWait(10);
                    continue;
                }

                lock (_gate)
                {
                    while (_generation == seen)
                    {
                        Monitor.Wait(_gate);
                    }
                }
            }

            if (_stop)
            {
                return;
            }

            seen = _generation;
            TakeChunks(worker);
            Interlocked.Decrement(ref _running);
        }
    }
}
