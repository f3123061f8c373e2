namespace Weir.Kernels.Cuda;

/// <summary>
/// Memory that a launcher's kernels hand on to one another. What an op leaves there is the next op's to overwrite, since
/// they run one after the other. It grows at least twofold; what was outgrown is kept, since a recorded step may use it,
/// and is never more than what is in use.
/// </summary>
internal sealed class CudaScratch(CudaDevice device) : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];

    /// <summary>At least so many bytes, 256-byte aligned.</summary>
    public nint Take(long bytes)
    {
        long held = _buffers.Count == 0 ? 0 : _buffers[^1].Bytes;
        if (held < bytes)
        {
            _buffers.Add(device.Allocate(Math.Max(bytes, 2 * held)));
        }

        return _buffers[^1].Address;
    }

    public void Dispose()
    {
        _buffers.ForEach(b => b.Dispose());
        _buffers.Clear();
    }
}
