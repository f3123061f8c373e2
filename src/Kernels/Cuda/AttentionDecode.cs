using System.Globalization;
using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

// Attention of few rows over a store of 16 bits, the keys split over blocks; see kernels/attention_decode.cu.
internal sealed unsafe partial class CudaOps
{
    private const int DecodeRows = 8;

    /// <summary>Query rows of a sequence and key head up to which its keys are read once for every eight of them.</summary>
    private const int MostDecodeRows = 32;

    private static readonly DecodeKernels AttentionDecodeBf16 = new("bf16");
    private static readonly DecodeKernels AttentionDecodeF16 = new("f16");

    /// <summary>True where splitting keys pays and is allowed: it sums in another order than a prompt does.</summary>
    private bool TakesDecode(CudaKeyValueStore store, PackedRows rows, int group)
    {
        int most = 0;
        for (int s = 0; s < rows.Sequences; s++)
        {
            most = Math.Max(most, rows.Length(s));
        }

        return !_device.Options.Deterministic && (long)most * group <= MostDecodeRows && store.Capacity > CudaKeyValueStore.Tile;
    }

    private void RunDecode(Tensor q, CudaKeyValueStore store, PackedRows rows, BatchRows all, AttentionOptions options, Tensor z)
    {
        int group = q.Shape[1] / store.Heads;
        int size = TileSizeOf(store);
        int heads = checked(TilesOf(rows, all, group, DecodeRows) * store.Heads);

        // Two blocks for every multiprocessor, were the store full; runs of whole tiles of the four warps.
        int wanted = Math.Max(1, 2 * _device.Facts.Multiprocessors / heads);
        int run = CeilDiv(CeilDiv(store.Capacity, wanted), CudaKeyValueStore.Tile) * CudaKeyValueStore.Tile;
        int runs = CeilDiv(store.Capacity, run);
        long partial = DecodeRows * (size + 2L) * sizeof(float);
        var arguments = new AttentionDecodeArguments
        {
            Whole = ArgumentsOf(q, store, all, options, z),
            Run = run,
            Runs = runs,
            Partial = (float*)_scratch.Take((long)heads * runs * partial),
            Ended = (int*)_zeros.Take((long)heads * sizeof(int)),
        };
        DecodeKernels kernels = store.Type == ElementType.BF16 ? AttentionDecodeBf16 : AttentionDecodeF16;
        Launch(kernels.Of(size), new Grid(checked(heads * runs)), 128, arguments, WholeWork(q, store, rows, options));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttentionDecodeArguments
    {
        public AttentionArguments Whole;
        public int Run, Runs;
        public float* Partial;
        public int* Ended;
    }

    /// <summary>The kernels for one type, by the size of a head.</summary>
    private sealed class DecodeKernels(string type)
    {
        private readonly CudaKernel[] _kernels = [Named(type, 64), Named(type, 128), Named(type, 256)];

        public CudaKernel Of(int size) => _kernels[int.Log2(size) - 6];

        private static CudaKernel Named(string type, int size) =>
            new(string.Create(CultureInfo.InvariantCulture, $"attention_decode_{type}_{size}"), "attention_decode");
    }
}
