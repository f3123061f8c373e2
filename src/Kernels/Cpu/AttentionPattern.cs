using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// The strips of Attention between scores and weights.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AttentionPattern(Tensor scores, int heads, PackedRows rows, int window, Tensor pattern)
    {
        Check.AttentionPattern(scores, heads, rows, pattern);
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
