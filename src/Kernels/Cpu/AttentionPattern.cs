using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// The strips of Attention between scores and weights.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AttentionPattern(Tensor scores, int heads, PackedRows rows, int window, Tensor pattern)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        CheckMap(scores, rows, heads, nameof(scores));
        CheckMap(pattern, rows, heads, nameof(pattern));
        var body = new AttentionStrips
        {
            Rows = rows,
            Options = new AttentionOptions(Scale: 1, Window: window),
            Heads = heads,
            Group = 1,
            GivenScores = Floats(scores),
            Pattern = Floats(pattern),
        };
        RunStrips(ref body);
    }
}
