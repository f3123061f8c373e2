using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Normalize(Tensor x, Tensor scale, bool centered, Tensor y)
    {
        Check.Normalize(x, scale, y);
        _counters.Ops++;
        var body = new NormalizeBody
        {
            X = Floats(x),
            Scale = Floats(scale),
            Y = Floats(y),
            StrideX = x.RowStride,
            StrideScale = scale.RowStride,
            StrideY = y.RowStride,
            Width = x.Width,
            Centered = centered,
        };
        RowLoop<NormalizeBody>.Run(_workers, x.Rows, x.Width * 12L, body);
    }

    private struct NormalizeBody : IRowBody
    {
        public float* X;
        public float* Scale;
        public float* Y;
        public long StrideX;
        public long StrideScale;
        public long StrideY;
        public int Width;
        public bool Centered;

        public readonly void Run(int start, int end)
        {
            int width = Width;
            for (int row = start; row < end; row++)
            {
                float* x = X + (row * StrideX);
                float* y = Y + (row * StrideY);
                TVector mean = TSimd.Create(Centered ? RowMean(x, width) : 0);
                TVector inverse = TSimd.Create(1 / Scale[row * StrideScale]);
                int i = 0;
                for (; i <= width - TSimd.Count; i += TSimd.Count)
                {
                    TSimd.Store(y + i, NormalizeVector(TSimd.Load(x + i), mean, inverse));
                }

                int rest = width - i;
                if (rest > 0)
                {
                    TSimd.StorePartial(y + i, NormalizeVector(TSimd.LoadPartial(x + i, rest), mean, inverse), rest);
                }
            }
        }
    }
}
