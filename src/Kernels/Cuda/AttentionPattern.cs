using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel AttentionPatternKernel = new("attention_pattern");

    public void AttentionPattern(Tensor scores, int heads, PackedRows rows, int window, Tensor pattern)
    {
        Check.AttentionPattern(scores, heads, rows, pattern);
        _counters.Ops++;
        RunPattern(heads, rows, RowsOf(rows, rows.Rows), window, new MapView { Data = Floats(scores) }, new MapView { Data = Floats(pattern) });
    }

    /// <summary>The weights of a part of a batch.</summary>
    private void RunPattern(int heads, PackedRows rows, BatchRows part, int window, MapView scores, MapView pattern)
    {
        if (part.Count == 0)
        {
            return;
        }

        var arguments = new AttentionPatternArguments { Rows = part, Scores = scores, Pattern = pattern, Heads = heads, Window = window };
        long pairs = heads * rows.Pairs(window) * part.Count / rows.Rows;
        Launch(AttentionPatternKernel, new Grid(CeilDiv((long)part.Count * heads, 4)), 128, arguments, new KernelWork(2 * sizeof(float) * pairs));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttentionPatternArguments
    {
        public BatchRows Rows;
        public MapView Scores, Pattern;
        public int Heads, Window;
    }
}
