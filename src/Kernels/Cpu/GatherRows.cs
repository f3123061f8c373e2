using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void GatherRows(Tensor x, Tensor indices, Tensor y)
    {
        Check.GatherRows(x, indices, y);
        CheckRange(indices, 0, x.Rows);
        _counters.Ops++;
        var body = new GatherRowsBody
        {
            X = Floats(x),
            Indices = Integers(indices),
            Y = Floats(y),
            StrideX = x.RowStride,
            StrideY = y.RowStride,
            Width = y.Width,
        };
        RowLoop<GatherRowsBody>.Run(_workers, y.Rows, y.Width * 8L, body);
    }

    /// <summary>Each value + offset must be in 0 .. end - 1.</summary>
    private static void CheckRange(Tensor values, int offset, int end)
    {
        int* v = Integers(values);
        for (int i = 0; i < values.Shape.Count; i++)
        {
            if ((ulong)((long)v[i] + offset) >= (ulong)end)
            {
                throw new ArgumentOutOfRangeException(nameof(values), v[i], $"Element {i} plus {offset} is no row of a tensor with {end}.");
            }
        }
    }

    private struct GatherRowsBody : IRowBody
    {
        public float* X;
        public int* Indices;
        public float* Y;
        public long StrideX;
        public long StrideY;
        public int Width;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                CopyRow(X + (Indices[row] * StrideX), Y + (row * StrideY), Width);
            }
        }
    }
}
