namespace Weir.Kernels.Cuda;

/// <summary>
/// Memory that a launcher's kernels hand on to one another. What an op leaves there is the next op's to overwrite, since
/// they run one after the other. It grows at least twofold; what was outgrown is kept, since a recorded step may use it,
/// and is never more than what is in use.
/// </summary>
/// <param name="device">Whose memory.</param>
/// <param name="zeroed">True where memory is 0 to begin with and kernels leave it so.</param>
internal sealed class CudaScratch(CudaDevice device, bool zeroed = false) : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];

    /// <summary>At least so many bytes, 256-byte aligned.</summary>
    public nint Take(long bytes)
    {
        long held = _buffers.Count == 0 ? 0 : _buffers[^1].Bytes;
        if (held < bytes)
        {
            DeviceBuffer buffer = device.Allocate(Math.Max(bytes, 2 * held));
            _buffers.Add(buffer);
            if (zeroed)
            {
                device.Driver.Fill(buffer.Address, 0, buffer.Bytes);
            }
        }

        return _buffers[^1].Address;
    }

    public void Dispose()
    {
        _buffers.ForEach(b => b.Dispose());
        _buffers.Clear();
    }
}
