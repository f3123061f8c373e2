using System.Globalization;
using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

// Attention over a store of 16 bits on Hopper; see kernels/attention_hopper.cu.
internal sealed unsafe partial class CudaOps
{
    private static readonly FlashHopper[] FlashHoppers = [new(64, Keys: 128), new(128, Keys: 128), new(256, Keys: 64)];

    private void RunHopper(Tensor q, CudaKeyValueStore store, PackedRows rows, BatchRows all, AttentionOptions options, Tensor z)
    {
        int group = q.Shape[1] / store.Heads;
        FlashHopper flash = FlashHoppers[int.Log2(TileSizeOf(store)) - 6];
        int tiles = TilesOf(rows, all, group, FlashHopper.Rows);
        var arguments = new AttentionHopperArguments
        {
            Whole = ArgumentsOf(q, store, all, options, z),
            Keys = StoreMap(store, store.KeyAddress, flash.Keys),
            Values = StoreMap(store, store.ValueAddress, flash.Keys),
        };
        Launch(flash.Kernel(store.Type), new Grid(checked(tiles * store.Heads)), FlashHopper.Threads, arguments, WholeWork(q, store, rows, options), flash.SharedBytes);
    }

    /// <summary>All positions of a store, one after the other: boxes of so many of them and 64 elements.</summary>
    private TensorMap StoreMap(CudaKeyValueStore store, nint address, int keys) => TensorMap.Of(
        _driver,
        new TensorMapLayout(address, store.Type, checked(store.Sequences * store.Heads * store.Capacity), store.KeyStride, store.KeyStride * sizeof(ushort), keys, 64, Swizzled: true));

    /// <summary>The kernels for heads of up to a size.</summary>
    private sealed record FlashHopper(int Size, int Keys)
    {
        public const int Rows = 128, Threads = 384;

        private readonly CudaKernel _bf16 = Named("bf16", Size), _f16 = Named("f16", Size);

        /// <summary>The queries, and two tiles each of keys and values.</summary>
        public int SharedBytes => (Rows + (4 * Keys)) * Size * sizeof(ushort);

        public CudaKernel Kernel(ElementType type) => type == ElementType.BF16 ? _bf16 : _f16;

        private static CudaKernel Named(string type, int size) =>
            new(string.Create(CultureInfo.InvariantCulture, $"attention_hopper_{type}_{size}"), "attention_hopper");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttentionHopperArguments
    {
        public AttentionArguments Whole;
        public TensorMap Keys, Values;
    }
}
