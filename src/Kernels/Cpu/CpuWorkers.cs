using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Weir.Kernels.Cpu;

/// <summary>
/// Threads that share the chunks of a loop. They spin a while before they sleep, because a decode step is some hundred
/// loops of microseconds each. The caller works too and waits only for chunks that another thread has taken, never for
/// a thread that is still asleep. No allocation per loop.
/// </summary>
/// <remarks>
/// One word holds the loop's number (upper half) and the chunks not yet taken (lower half). A thread takes a chunk by
/// compare-and-swap of the whole word: that succeeds only while the loop still has chunks, and so while its body lives;
/// a thread that comes late finds none and touches nothing.
/// </remarks>
internal sealed unsafe class CpuWorkers : IDisposable
{
    // Some 100 microseconds: longer than the serial work between the products of a decode step.
    private const int SpinsBeforeSleep = 1500;
    private const int SpinsBeforeYield = 200;

    private readonly Thread[] _threads;
    private readonly nint[] _scratch;
    private readonly long[] _scratchBytes;
    private readonly object _gate = new();
    private delegate*<void*, int, int, void> _run;
    private void* _body;
    private int _chunks;
    private Slot _ticket;
    private Slot _done;
    private int _sleepers;
    private bool _busy;
    private volatile bool _stop;
    private Exception? _failure;

    public CpuWorkers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _scratch = new nint[threads + 1];
        _scratchBytes = new long[threads + 1];
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

    /// <summary>
    /// Runs every chunk once, each on whichever thread is free; returns when all are done. Where a chunk throws, the
    /// chunks not yet begun are dropped and the first exception is thrown here. A body must not start a loop itself.
    /// </summary>
    public void For<TBody>(int chunks, ref TBody body)
        where TBody : struct, IParallelBody
    {
        if (_busy)
        {
            throw new InvalidOperationException("A loop was started inside a loop.");
        }

        if (_threads.Length == 0 || chunks <= 1)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                body.Run(chunk, 0);
            }

            return;
        }

        // A copy in this frame, because the caller's may lie in an object that moves.
        TBody local = body;
        _busy = true;
        Start(&Trampoline<TBody>, Unsafe.AsPointer(ref local), chunks);
        TakeChunks(0);
        WaitForOthers();
        body = local;
        _busy = false;
        if (_failure is { } failure)
        {
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>A worker's own scratch memory, 64-byte aligned, kept from loop to loop; contents undefined.</summary>
    public float* Scratch(int worker, long floats)
    {
        long bytes = checked(floats * sizeof(float));
        if (_scratchBytes[worker] < bytes)
        {
            CpuMemory.Free(_scratch[worker], _scratchBytes[worker]);
            _scratch[worker] = 0;
            _scratchBytes[worker] = 0;
            _scratch[worker] = CpuMemory.Allocate(bytes);
            _scratchBytes[worker] = bytes;
        }

        return (float*)_scratch[worker];
    }

    /// <summary>Scratch memory that all workers share during a loop; the caller asks for it before the loop.</summary>
    public float* SharedScratch(long floats) => Scratch(Threads, floats);

    public void Dispose()
    {
        _stop = true;
        Interlocked.Add(ref _ticket.Value, 1L << 32);
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        for (int i = 0; i < _scratch.Length; i++)
        {
            CpuMemory.Free(_scratch[i], _scratchBytes[i]);
            _scratch[i] = 0;
            _scratchBytes[i] = 0;
        }
    }

    private static void Trampoline<TBody>(void* body, int chunk, int worker)
        where TBody : struct, IParallelBody => Unsafe.AsRef<TBody>(body).Run(chunk, worker);

    private void Start(delegate*<void*, int, int, void> run, void* body, int chunks)
    {
        _run = run;
        _body = body;
        _chunks = chunks;
        _done.Value = 0;

        // The exchange is a full barrier: a worker that goes to sleep either sees the new loop or is seen here.
        long number = (_ticket.Value >> 32) + 1;
        Interlocked.Exchange(ref _ticket.Value, (number << 32) | (uint)chunks);
        if (Volatile.Read(ref _sleepers) != 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void TakeChunks(int worker)
    {
        int taken = 0;
        while (true)
        {
            long ticket = Volatile.Read(ref _ticket.Value);
            delegate*<void*, int, int, void> run = _run;
            void* body = _body;
            int chunk = _chunks - (int)ticket;
            if ((int)ticket == 0)
            {
                break;
            }

            if (Interlocked.CompareExchange(ref _ticket.Value, ticket - 1, ticket) != ticket)
            {
                continue;
            }

            taken++;
            if (Volatile.Read(ref _failure) is null)
            {
                try
                {
                    run(body, chunk, worker);
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref _failure, e, null);
                }
            }
        }

        if (taken != 0)
        {
            Interlocked.Add(ref _done.Value, taken);
        }
    }

    private void WaitForOthers()
    {
        for (int spins = 0; Volatile.Read(ref _done.Value) != _chunks; spins++)
        {
            if (spins < SpinsBeforeYield)
            {
                Thread.SpinWait(1);
            }
            else
            {
                Thread.Yield();
            }
        }
    }

    private void Work(int worker)
    {
        long seen = 0;
        while (true)
        {
            for (int spins = 0; Volatile.Read(ref _ticket.Value) >> 32 == seen; spins++)
            {
                if (spins < SpinsBeforeSleep)
                {
                    Thread.SpinWait(1);
                    if (spins > SpinsBeforeYield && (spins & 15) == 0)
                    {
                        Thread.Yield();
                    }
                }
                else
                {
                    Sleep(seen);
                }
            }

            if (_stop)
            {
                return;
            }

            seen = Volatile.Read(ref _ticket.Value) >> 32;
            TakeChunks(worker);
        }
    }

    private void Sleep(long seen)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _sleepers);
            while (Volatile.Read(ref _ticket.Value) >> 32 == seen)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _sleepers);
        }
    }

    /// <summary>A counter alone on its cache line.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Slot
    {
        [FieldOffset(64)]
        public long Value;
    }
}
