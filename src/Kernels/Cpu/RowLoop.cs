namespace Weir.Kernels.Cpu;

/// <summary>Divides the rows of an op among the workers, where there is enough to do.</summary>
/// <typeparam name="TBody">The op's body.</typeparam>
internal struct RowLoop<TBody> : IParallelBody
    where TBody : struct, IRowBody
{
    // A parallel loop costs microseconds, about what one core takes for this much.
    private const long ParallelBytes = 256 << 10;
    private const long ChunkBytes = 64 << 10;

    private readonly int _rows;
    private readonly int _rowsPerChunk;
    private readonly TBody _body;

    private RowLoop(TBody body, int rows, int rowsPerChunk)
    {
        _body = body;
        _rows = rows;
        _rowsPerChunk = rowsPerChunk;
    }

    /// <summary>Runs a body on all rows.</summary>
    /// <param name="workers">Who works.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="rowBytes">Bytes that a row reads and writes, or as many as take the time that its arithmetic does.</param>
    /// <param name="body">What to do.</param>
    public static void Run(CpuWorkers workers, int rows, long rowBytes, TBody body)
    {
        long bytes = rows * rowBytes;
        if (workers.Threads == 1 || rows <= 1 || bytes < ParallelBytes)
        {
            body.Run(0, rows);
            return;
        }

        int chunks = (int)Math.Min(rows, Math.Clamp(bytes / ChunkBytes, workers.Threads, workers.Threads * 4));
        var loop = new RowLoop<TBody>(body, rows, (rows + chunks - 1) / chunks);
        workers.For((rows + loop._rowsPerChunk - 1) / loop._rowsPerChunk, ref loop);
    }

    public void Run(int chunk, int worker)
    {
        int start = chunk * _rowsPerChunk;
        _body.Run(start, Math.Min(_rows, start + _rowsPerChunk));
    }
}
