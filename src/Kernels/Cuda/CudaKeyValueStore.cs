namespace Weir.Kernels.Cuda;

/// <summary>
/// Keys and values in device memory, each [sequence, head, position, stride]: the keys of one head lie side by side, so
/// that a tile of them is one run of memory for prefill and decoding alike. Rows are padded with zeros to 16 bytes, so
/// that any head size is read 16 bytes at a time.
/// </summary>
internal sealed class CudaKeyValueStore(CudaDevice device, int heads, int headSize, ElementType type)
    : KeyValueStore(device, heads, headSize, type, Tile, Padded(headSize, type), Padded(headSize, type))
{
    /// <summary>Positions that a kernel reads together; room comes in multiples of it.</summary>
    public const int Tile = 64;

    private protected override void Copy(nint from, nint to, long bytes) => device.Driver.CopyOnDevice(to, from, bytes);

    private static int Padded(int headSize, ElementType type)
    {
        int vector = 16 / type.Size();
        return (headSize + vector - 1) / vector * vector;
    }
}
