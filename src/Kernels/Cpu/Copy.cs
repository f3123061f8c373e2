using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Copy(Tensor x, Tensor y)
    {
        Check.Copy(x, y);
        _counters.Ops++;
        _counters.BytesCopied += y.Bytes;
        var body = new CopyBody { X = Floats(x), Y = Floats(y), StrideX = x.RowStride, StrideY = y.RowStride, Width = y.Width };
        RowLoop<CopyBody>.Run(_workers, y.Rows, y.Width * 8L, body);
    }

    /// <summary>The bits of a row, whatever they are.</summary>
    private static void CopyRow(float* from, float* to, int width) =>
        Buffer.MemoryCopy(from, to, width * (long)sizeof(float), width * (long)sizeof(float));

    private struct CopyBody : IRowBody
    {
        public float* X;
        public float* Y;
        public long StrideX;
        public long StrideY;
        public int Width;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                CopyRow(X + (row * StrideX), Y + (row * StrideY), Width);
            }
        }
    }
}
