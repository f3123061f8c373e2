using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel[] AttentionMixKernels = ByType("attention_mix");

    public void AttentionMix(Tensor pattern, KeyValueStore store, PackedRows rows, int window, Tensor z)
    {
        CudaKeyValueStore from = AttentionStoreOf(store);
        Check.AttentionMix(pattern, from, rows, z);
        _counters.Ops++;
        _counters.Flops += 2L * from.HeadSize * z.Shape[1] * rows.Pairs(window);
        RunMix(new MapView { Data = Floats(pattern) }, from, rows, RowsOf(rows, rows.Rows), window, z);
    }

    /// <summary>z of a part of a batch.</summary>
    private void RunMix(MapView pattern, CudaKeyValueStore store, PackedRows rows, BatchRows part, int window, Tensor z)
    {
        if (part.Count == 0)
        {
            return;
        }

        int group = z.Shape[1] / store.Heads;
        var arguments = new AttentionMixArguments
        {
            Store = ViewOf(store),
            Rows = part,
            Pattern = pattern,
            Z = Floats(z),
            StrideZ = z.RowStride,
            Group = group,
            Window = window,
        };
        var grid = new Grid(TilesOf(rows, part, group, AttentionRows), store.Heads, CeilDiv(store.HeadSize, 64));
        Launch(AttentionMixKernels[(int)store.Type], grid, 256, arguments, StageWork(store, rows, part, window, z.Shape[1]));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttentionMixArguments
    {
        public StoreView Store;
        public BatchRows Rows;
        public MapView Pattern;
        public float* Z;
        public long StrideZ;
        public int Group, Window;
    }
}
