using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AddPositions(Tensor positions, Tensor table, int offset, Tensor y)
    {
        Check.Floats(y);
        Check.Rows(table, table.IsAbsent ? 0 : table.Rows, y.Width);
        Check.Integers(positions, y.Rows);
        CheckRange(positions, offset, table.Rows);
        _counters.Ops++;
        var body = new AddPositionsBody
        {
            Positions = Integers(positions),
            Table = Floats(table) + (offset * (long)table.RowStride),
            Y = Floats(y),
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
        public float* Y;
        public long StrideTable;
        public long StrideY;
        public int Width;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                float* y = Y + (row * StrideY);
                ElementwiseRow(default(Sum), y, Table + (Positions[row] * StrideTable), y, Width);
            }
        }
    }
}
