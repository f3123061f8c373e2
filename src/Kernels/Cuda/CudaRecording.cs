namespace Weir.Kernels.Cuda;

/// <summary>Recorded launches as one graph, with the tables of rows that its kernels read.</summary>
internal sealed class CudaRecording(CudaDevice device, RowTables tables, IReadOnlyList<RowTables.Table> rows, nint graph) : IRecording
{
    private nint _graph = graph;

    public void Run()
    {
        ObjectDisposedException.ThrowIf(_graph == 0, this);
        for (int i = 0; i < rows.Count; i++)
        {
            tables.Refresh(rows[i]);
        }

        device.Driver.LaunchGraph(_graph);
        device.Counters.Replays++;
    }

    public void Dispose()
    {
        if (_graph != 0)
        {
            device.Driver.DestroyGraph(_graph);
            RowTables.Release(rows);
            _graph = 0;
        }
    }
}
