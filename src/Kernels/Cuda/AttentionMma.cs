using System.Globalization;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

// Attention over a store of 16 bits; see kernels/attention_mma.cu.
internal sealed unsafe partial class CudaOps
{
    private const int LowRows = 64;
    private const int TallRows = 128;
    private const int MostMmaSize = 256;

    private static readonly MmaKernels AttentionMmaBf16 = new("bf16");
    private static readonly MmaKernels AttentionMmaF16 = new("f16");

    /// <summary>
    /// True where the kernels for tensor cores take an attention: keys and values of 16 bits, heads that fit their tiles,
    /// and a scale that leaves the order of the scores as it is.
    /// </summary>
    private static bool TakesMma(CudaKeyValueStore store, AttentionOptions options) =>
        store.Type != ElementType.F32 && store.HeadSize <= MostMmaSize && options.Scale > 0;

    private void RunMma(Tensor q, CudaKeyValueStore store, PackedRows rows, BatchRows all, AttentionOptions options, Tensor z)
    {
        int group = q.Shape[1] / store.Heads;
        int size = TileSizeOf(store);

        // Tall tiles where there are enough of them for two on every multiprocessor; the bits are the same.
        int tiles = TilesOf(rows, all, group, TallRows);
        bool tall = size <= 128 && tiles * store.Heads >= 2 * _device.Facts.Multiprocessors;
        tiles = tall ? tiles : TilesOf(rows, all, group, LowRows);

        // The queries, and two tiles each of 32 keys and values, in rows 8 elements longer than a head.
        int shared = ((tall ? TallRows : LowRows) + (4 * 32)) * (size + 8) * sizeof(short);
        MmaKernels kernels = store.Type == ElementType.BF16 ? AttentionMmaBf16 : AttentionMmaF16;
        Launch(kernels.Of(size, tall), new Grid(checked(tiles * store.Heads)), 128, ArgumentsOf(q, store, all, options, z), WholeWork(q, store, rows, options), shared);
    }

    /// <summary>The kernels for one type, by the size of a head and the height of a tile.</summary>
    private sealed class MmaKernels(string type)
    {
        private readonly CudaKernel[] _low = [Named(type, 64), Named(type, 128), Named(type, 256)];
        private readonly CudaKernel[] _tall = [Named(type, 64, "_tall"), Named(type, 128, "_tall")];

        public CudaKernel Of(int size, bool tall) => (tall ? _tall : _low)[int.Log2(size) - 6];

        private static CudaKernel Named(string type, int size, string height = "") =>
            new(string.Create(CultureInfo.InvariantCulture, $"attention_mma_{type}_{size}{height}"), "attention_mma");
    }
}
