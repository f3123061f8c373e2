using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AddPositions(Tensor x, Tensor positions, Tensor table, int offset, Tensor y)
    {
        Check.AddPositions(x, positions, table, y);
        CheckRange(positions, offset, table.Rows);
        _counters.Ops++;
        var body = new AddPositionsBody
        {
            Positions = Integers(positions),
            Table = Floats(table) + (offset * (long)table.RowStride),
            X = Floats(x),
            Y = Floats(y),
            StrideX = x.RowStride,
            StrideTable = table.RowStride,
            StrideY = y.RowStride,
            Width = y.Width,
        };
        RowLoop<AddPositionsBody>.Run(_workers, y.Rows, y.Width * 12L, body);
    }

    private struct AddPositionsBody : IRowBody
    {
        public int* Positions;
        public float* Table;
        public float* X;
        public float* Y;
        public long StrideTable;
        public long StrideX;
        public long StrideY;
        public int Width;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                ElementwiseRow(default(Sum), X + (row * StrideX), Table + (Positions[row] * StrideTable), Y + (row * StrideY), Width);
            }
        }
    }
}
