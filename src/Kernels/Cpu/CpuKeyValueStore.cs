namespace Weir.Kernels.Cpu;

/// <summary>
/// Keys and values in host memory, in the form that the products of attention read without packing. Keys lie in blocks
/// of 32 positions, [sequence, head, block, d, 32]: one block is the right operand of a product tile of 32 scores.
/// Values lie as [sequence, head, position, d], rows padded to a multiple of 32 floats.
/// </summary>
internal sealed unsafe class CpuKeyValueStore(IDevice device, int heads, int headSize)
    : KeyValueStore(device, heads, headSize, ElementType.F32, Block, headSize, (headSize + 31) & ~31)
{
    /// <summary>Positions in a block of keys.</summary>
    public const int Block = 32;

    /// <summary>The key blocks of a head, each [d, 32].</summary>
    public float* Keys(int sequence, int head) => (float*)KeyAddress + ((((long)sequence * Heads) + head) * Capacity * KeyStride);

    /// <summary>The values of a head, one a <see cref="KeyValueStore.ValueStride"/>.</summary>
    public float* Values(int sequence, int head) => (float*)ValueAddress + ((((long)sequence * Heads) + head) * Capacity * ValueStride);

    private protected override void Copy(nint from, nint to, long bytes) => Buffer.MemoryCopy((void*)from, (void*)to, bytes, bytes);
}
