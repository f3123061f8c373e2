using static Weir.Kernels.Cuda.Native.CudaConstants;

namespace Weir.Kernels.Cuda.Native;

/// <summary>Memory and copies.</summary>
internal sealed unsafe partial class NativeCudaDriver
{
    /// <summary>
    /// Half of the pinned memory that copies go through: while the device works on one half, the host works on the other.
    /// </summary>
    private const int HalfBytes = 4 << 20;
    private const int StagingAlignment = 64;

    private readonly nint[] _halfDone = new nint[2];
    private nint _pool;
    private nint _staging;
    private int _half;
    private int _used;

    public long FreeBytes
    {
        get
        {
            Enter();
            nuint free, total;
            Check(_cuda.cuMemGetInfo_v2(&free, &total));
            if (_pool != 0)
            {
                // What the pool keeps for the next allocation is free too.
                ulong reserved, used;
                Check(_cuda.cuMemPoolGetAttribute(_pool, PoolReservedBytes, &reserved));
                Check(_cuda.cuMemPoolGetAttribute(_pool, PoolUsedBytes, &used));
                free += (nuint)(reserved - used);
            }

            return (long)free;
        }
    }

    public nint Allocate(long bytes)
    {
        Enter("an allocation");
        nint address;
        nuint size = (nuint)Math.Max(bytes, 1);
        int result = _pool != 0 ? _cuda.cuMemAllocAsync(&address, size, Stream) : _cuda.cuMemAlloc_v2(&address, size);
        if (result != 0)
        {
            throw Failure(result, _pool != 0 ? "_cuda.cuMemAllocAsync(" : "_cuda.cuMemAlloc_v2(", $": {bytes:N0} bytes were asked for{Room(result)}, on {Where()}");
        }

        return address;
    }

    public void Free(nint address)
    {
        Enter("giving memory back");
        if (_pool != 0)
        {
            CheckRelease(_cuda.cuMemFreeAsync(address, Stream));
        }
        else
        {
            CheckRelease(_cuda.cuMemFree_v2(address));
        }
    }

    public (nint Host, nint Device) AllocateShared(long bytes)
    {
        Enter("an allocation");
        nint host, device;
        Check(_cuda.cuMemHostAlloc(&host, (nuint)bytes, HostDeviceMap), $": {bytes:N0} bytes of pinned host memory were asked for, on {Where()}");
        Check(_cuda.cuMemHostGetDevicePointer_v2(&device, host, 0));
        return (host, device);
    }

    public void FreeShared(nint host)
    {
        Enter("giving memory back");
        CheckRelease(_cuda.cuMemFreeHost(host));
    }

    public void CopyToDevice(nint destination, ReadOnlySpan<byte> source)
    {
        Enter("a copy to the device");
        while (!source.IsEmpty)
        {
            if (_used >= HalfBytes)
            {
                Check(_cuda.cuEventRecord(_halfDone[_half], Stream));
                _half ^= 1;
                _used = 0;
                Check(_cuda.cuEventSynchronize(_halfDone[_half]));
            }

            int bytes = Math.Min(source.Length, HalfBytes - _used);
            nint piece = _staging + (_half * HalfBytes) + _used;
            source[..bytes].CopyTo(new Span<byte>((void*)piece, bytes));
            Check(_cuda.cuMemcpyHtoDAsync_v2(destination, piece, (nuint)bytes, Stream));
            _used += (bytes + StagingAlignment - 1) / StagingAlignment * StagingAlignment;
            destination += bytes;
            source = source[bytes..];
        }
    }

    public void CopyToHost(Span<byte> destination, nint source, long rowBytes, long pitch)
    {
        Enter("a copy to the host");
        int half = 0;
        int length = QueuePiece(half, source, 0, destination.Length, rowBytes, pitch);
        for (int done = 0; done < destination.Length;)
        {
            int following = QueuePiece(half ^ 1, source, done + length, destination.Length, rowBytes, pitch);
            Check(_cuda.cuEventSynchronize(_halfDone[half]));
            new ReadOnlySpan<byte>((void*)(_staging + (half * HalfBytes)), length).CopyTo(destination[done..]);
            done += length;
            length = following;
            half ^= 1;
        }

        // Everything queued before has happened, so all of the staging memory is free.
        _used = 0;
    }

    public void CopyOnDevice(nint destination, nint source, long bytes)
    {
        Enter();
        Check(_cuda.cuMemcpyDtoDAsync_v2(destination, source, (nuint)bytes, Stream));
    }

    public void Fill(nint destination, byte value, long bytes)
    {
        Enter();
        Check(_cuda.cuMemsetD8Async(destination, value, (nuint)bytes, Stream));
    }

    /// <summary>Queues the copy of the longest piece of the result that fits one half of the staging memory.</summary>
    /// <returns>Its length; 0 behind the end.</returns>
    private int QueuePiece(int half, nint source, int start, int end, long rowBytes, long pitch)
    {
        int length = Math.Min(end - start, HalfBytes);
        if (length <= 0)
        {
            return 0;
        }

        nint piece = _staging + (half * HalfBytes);
        long column = start % rowBytes;
        nint from = source + (nint)((start / rowBytes * pitch) + column);
        if (pitch == rowBytes || column + length <= rowBytes)
        {
            Check(_cuda.cuMemcpyDtoHAsync_v2(piece, from, (nuint)length, Stream));
        }
        else if (column != 0)
        {
            length = (int)(rowBytes - column);
            Check(_cuda.cuMemcpyDtoHAsync_v2(piece, from, (nuint)length, Stream));
        }
        else
        {
            long rows = length / rowBytes;
            length = (int)(rows * rowBytes);
            var copy = new CudaCopy2D
            {
                SourceKind = DeviceMemory,
                SourceDevice = from,
                SourcePitch = (nuint)pitch,
                DestinationKind = HostMemory,
                DestinationHost = piece,
                DestinationPitch = (nuint)rowBytes,
                WidthBytes = (nuint)rowBytes,
                Height = (nuint)rows,
            };
            Check(_cuda.cuMemcpy2DAsync_v2(&copy, Stream), $" for {rows} rows of {rowBytes} bytes, {pitch} apart, on {Where()}");
        }

        Check(_cuda.cuEventRecord(_halfDone[half], Stream));
        return length;
    }

    /// <summary>
    /// Memory in the order of the stream, where the device can: then giving it back waits for nothing. The pool keeps what
    /// it has, since Weir's buffers come back in the same sizes.
    /// </summary>
    private void OpenPool()
    {
        if (DeviceAttribute(MemoryPoolsSupported) == 0)
        {
            return;
        }

        nint pool;
        ulong threshold = ulong.MaxValue;
        Check(_cuda.cuDeviceGetDefaultMemPool(&pool, _device));
        Check(_cuda.cuMemPoolSetAttribute(pool, PoolReleaseThreshold, &threshold));
        _pool = pool;
    }

    private void OpenStaging()
    {
        nint staging;
        Check(_cuda.cuMemHostAlloc(&staging, 2 * HalfBytes, 0), $": {2 * HalfBytes:N0} bytes of pinned host memory were asked for, on {Where()}");
        _staging = staging;
        for (int i = 0; i < 2; i++)
        {
            nint handle;
            Check(_cuda.cuEventCreate(&handle, EventDisableTiming));
            _halfDone[i] = handle;
        }
    }

    private void CloseStaging()
    {
        foreach (nint handle in _halfDone.Where(h => h != 0))
        {
            _ = _cuda.cuEventDestroy_v2(handle);
        }

        if (_staging != 0)
        {
            _ = _cuda.cuMemFreeHost(_staging);
        }

        Array.Clear(_halfDone);
        _staging = 0;
    }

    private string Room(int result)
    {
        nuint free, total;
        return result == OutOfMemory && _cuda.cuMemGetInfo_v2(&free, &total) == 0
            ? $" and {free:N0} of {total:N0} are free: use a smaller batch, a shorter prompt or a smaller model"
            : "";
    }
}
