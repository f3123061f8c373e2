namespace Weir.Kernels;

/// <summary>
/// Keeps buffers that results gave back for the next results, since fresh memory costs a page fault for every page.
/// </summary>
public sealed class BufferPool(IDevice device) : IDisposable
{
    private const int MostKept = 3;

    private readonly List<DeviceBuffer> _free = [];
    private bool _disposed;

    /// <summary>A buffer of at least so many bytes and at most twice as many.</summary>
    public DeviceBuffer Rent(long bytes)
    {
        int best = -1;
        for (int i = 0; i < _free.Count; i++)
        {
            if (_free[i].Bytes >= bytes && _free[i].Bytes <= Math.Max(2 * bytes, 4096) && (best < 0 || _free[i].Bytes < _free[best].Bytes))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            // What has lain here longest gives way, so that a change of shapes does not pile memory up.
            if (_free.Count >= MostKept)
            {
                _free[0].Dispose();
                _free.RemoveAt(0);
            }

            return device.Allocate(bytes);
        }

        DeviceBuffer buffer = _free[best];
        _free.RemoveAt(best);
        return buffer;
    }

    /// <summary>Takes a buffer back.</summary>
    public void Return(DeviceBuffer buffer)
    {
        if (_disposed)
        {
            buffer.Dispose();
        }
        else
        {
            _free.Add(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        Clear();
    }

    private void Clear()
    {
        foreach (DeviceBuffer buffer in _free)
        {
            buffer.Dispose();
        }

        _free.Clear();
    }
}
