using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Rope(Tensor x, Tensor cos, Tensor sin, Tensor y)
    {
        Check.Rope(x, cos, sin, y);
        _counters.Ops++;
        var body = new RopeBody
        {
            X = Floats(x),
            Cos = Floats(cos),
            Sin = Floats(sin),
            Y = Floats(y),
            StrideX = x.RowStride,
            StrideCos = cos.RowStride,
            StrideSin = sin.RowStride,
            StrideY = y.RowStride,
            Heads = x.Shape[1],
            Size = x.Shape[2],
            Pairs = cos.Width,
        };
        RowLoop<RopeBody>.Run(_workers, x.Rows, x.Width * 12L, body);
    }

    private struct RopeBody : IRowBody
    {
        public float* X;
        public float* Cos;
        public float* Sin;
        public float* Y;
        public long StrideX;
        public long StrideCos;
        public long StrideSin;
        public long StrideY;
        public int Heads;
        public int Size;
        public int Pairs;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                for (int head = 0; head < Heads; head++)
                {
                    long at = (long)head * Size;
                    Rotate(X + (row * StrideX) + at, Cos + (row * StrideCos), Sin + (row * StrideSin), Y + (row * StrideY) + at);
                }
            }
        }

        // Products and sums rounded one by one, as PyTorch's, so that both give the same bits.
        private readonly void Rotate(float* x, float* cos, float* sin, float* y)
        {
            int pairs = Pairs;
            int i = 0;
            for (; i <= pairs - TSimd.Count; i += TSimd.Count)
            {
                TVector c = TSimd.Load(cos + i);
                TVector s = TSimd.Load(sin + i);
                TVector left = TSimd.Load(x + i);
                TVector right = TSimd.Load(x + i + pairs);
                TSimd.Store(y + i, TSimd.Subtract(TSimd.Multiply(left, c), TSimd.Multiply(right, s)));
                TSimd.Store(y + i + pairs, TSimd.Add(TSimd.Multiply(right, c), TSimd.Multiply(left, s)));
            }

            int rest = pairs - i;
            if (rest > 0)
            {
                TVector c = TSimd.LoadPartial(cos + i, rest);
                TVector s = TSimd.LoadPartial(sin + i, rest);
                TVector left = TSimd.LoadPartial(x + i, rest);
                TVector right = TSimd.LoadPartial(x + i + pairs, rest);
                TSimd.StorePartial(y + i, TSimd.Subtract(TSimd.Multiply(left, c), TSimd.Multiply(right, s)), rest);
                TSimd.StorePartial(y + i + pairs, TSimd.Add(TSimd.Multiply(right, c), TSimd.Multiply(left, s)), rest);
            }

            if (x != y)
            {
                CopyRow(x + (2 * pairs), y + (2 * pairs), Size - (2 * pairs));
            }
        }
    }
}
