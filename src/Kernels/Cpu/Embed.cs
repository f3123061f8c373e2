using System.Runtime.CompilerServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Embed(Tensor ids, WeightMatrix table, float scale, Tensor y)
    {
        var matrix = (PackedMatrix)table;
        Check.Embed(ids, table, y);
        int* id = Integers(ids);
        for (int i = 0; i < y.Rows; i++)
        {
            if ((uint)id[i] >= (uint)table.Outputs)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), id[i], $"An id of a table with {table.Outputs} rows.");
            }
        }

        _counters.Ops++;
        var body = new EmbedBody(matrix, id, scale, Floats(y), y.RowStride, y.Rows);
        _workers.For(body.Chunks, ref body);
    }
}

/// <summary>
/// Rows of a packed matrix: one element of each step of a panel. Every element is on a cache line of its own, so a row
/// costs as much as 16 or 32; still less than a thousandth of a forward pass.
/// </summary>
internal readonly unsafe struct EmbedBody(PackedMatrix table, int* ids, float scale, float* y, long stride, int rows) : IParallelBody
{
    private const int RowsPerChunk = 8;

    public int Chunks => (rows + RowsPerChunk - 1) / RowsPerChunk;

    public void Run(int chunk, int worker)
    {
        for (int row = chunk * RowsPerChunk; row < Math.Min(rows, (chunk + 1) * RowsPerChunk); row++)
        {
            Read(ids[row], y + (row * stride));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(int id, float* to)
    {
        int inputs = table.Inputs;
        int step = table.StepBytes;
        byte* from = table.Data + (id / TileKernel.Width * table.PanelBytes);
        from += table.PlaceOf(id % TileKernel.Width) * table.Type.Size();
        switch (table.Type)
        {
            case ElementType.F32:
                for (int k = 0; k < inputs; k++, from += step)
                {
                    to[k] = scale * *(float*)from;
                }

                break;
            case ElementType.BF16:
                for (int k = 0; k < inputs; k++, from += step)
                {
                    to[k] = scale * BitConverter.UInt32BitsToSingle((uint)*(ushort*)from << 16);
                }

                break;
            default:
                for (int k = 0; k < inputs; k++, from += step)
                {
                    to[k] = scale * (float)*(Half*)from;
                }

                break;
        }
    }
}
