using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel[] AttentionScoresKernels = ByType("attention_scores");

    public void AttentionScores(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor scores)
    {
        CudaKeyValueStore from = AttentionStoreOf(store);
        Check.AttentionScores(q, from, rows, scores);
        _counters.Ops++;
        _counters.Flops += 2L * from.HeadSize * q.Shape[1] * rows.Pairs(options.Window);
        RunScores(q, from, rows, RowsOf(rows, rows.Rows), options, new MapView { Data = Floats(scores) });
    }

    /// <summary>The scores of a part of a batch.</summary>
    private void RunScores(Tensor q, CudaKeyValueStore store, PackedRows rows, BatchRows part, AttentionOptions options, MapView scores)
    {
        if (part.Count == 0)
        {
            return;
        }

        int group = q.Shape[1] / store.Heads;
        var arguments = new AttentionScoresArguments
        {
            Q = Floats(q),
            StrideQ = q.RowStride,
            Store = ViewOf(store),
            Rows = part,
            Scores = scores,
            Scale = options.Scale,
            Softcap = options.Softcap,
            Group = group,
            Window = options.Window,
        };

        // Blocks for all positions that there is room for: those beyond the last one leave at once.
        var grid = new Grid(TilesOf(rows, part, group, AttentionRows), store.Heads, store.Capacity / CudaKeyValueStore.Tile);
        Launch(AttentionScoresKernels[(int)store.Type], grid, 256, arguments, StageWork(store, rows, part, options.Window, q.Shape[1]));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttentionScoresArguments
    {
        public float* Q;
        public long StrideQ;
        public StoreView Store;
        public BatchRows Rows;
        public MapView Scores;
        public float Scale, Softcap;
        public int Group, Window;
    }
}
