using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void WeightColumns(WeightMatrix w, int start, Tensor y)
    {
        Check.WeightColumns(w, start, y);
        _counters.Ops++;
        var body = new WeightColumnsBody<TSimd, TVector>((PackedMatrix)w, start, Floats(y), y.RowStride, y.Rows);
        _workers.For(body.Chunks, ref body);
    }
}

/// <summary>Steps of a panel as pieces of rows: a chunk is some panels, each read from front to back.</summary>
internal readonly unsafe struct WeightColumnsBody<TSimd, TVector>(PackedMatrix w, int start, float* y, long stride, int rows) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const int PanelsPerChunk = 4;

    public int Chunks => (w.Panels + PanelsPerChunk - 1) / PanelsPerChunk;

    public void Run(int chunk, int worker)
    {
        for (int panel = chunk * PanelsPerChunk; panel < Math.Min(w.Panels, (chunk + 1) * PanelsPerChunk); panel++)
        {
            switch (w.Type)
            {
                case ElementType.F32:
                    Read<PanelF32<TSimd, TVector>>(panel);
                    break;
                case ElementType.BF16:
                    Read<PanelBF16<TSimd, TVector>>(panel);
                    break;
                default:
                    Read<PanelF16<TSimd, TVector>>(panel);
                    break;
            }
        }
    }

    private void Read<TPanel>(int panel)
        where TPanel : struct, IPanelElement<TSimd, TVector>
    {
        float* step = stackalloc float[TileKernel.Width];
        int column = panel * TileKernel.Width, columns = Math.Min(TileKernel.Width, w.Outputs - column);
        byte* from = w.Data + (panel * w.PanelBytes) + ((long)start * w.StepBytes);
        for (int row = 0; row < rows; row++, from += w.StepBytes)
        {
            PanelWidener<TSimd, TVector>.Widen<TPanel>(from, 1, step);
            new ReadOnlySpan<float>(step, columns).CopyTo(new Span<float>(y + (row * stride) + column, columns));
        }
    }
}
