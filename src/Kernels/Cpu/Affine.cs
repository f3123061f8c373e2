using System.Runtime.CompilerServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Affine(Tensor x, Tensor gain, float gainOffset, Tensor bias, Tensor y)
    {
        Check.Affine(x, gain, bias, y);
        _counters.Ops++;
        var body = new AffineBody
        {
            X = Floats(x),
            Gain = Floats(gain),
            Bias = Floats(bias),
            Y = Floats(y),
            StrideX = x.RowStride,
            StrideY = y.RowStride,
            Width = x.Width,
            GainOffset = gainOffset,
        };
        RowLoop<AffineBody>.Run(_workers, x.Rows, x.Width * 12L, body);
    }

    /// <summary>Elements i and on of the last step of a norm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector AffineVector(TVector x, float* gain, TVector gainOffset, float* bias, int i)
    {
        TVector g = TSimd.Add(TSimd.Load(gain + i), gainOffset);
        return bias is null ? TSimd.Multiply(x, g) : TSimd.Fma(x, g, TSimd.Load(bias + i));
    }

    /// <summary>The same for the last few elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector AffineVector(TVector x, float* gain, TVector gainOffset, float* bias, int i, int count)
    {
        TVector g = TSimd.Add(TSimd.LoadPartial(gain + i, count), gainOffset);
        return bias is null ? TSimd.Multiply(x, g) : TSimd.Fma(x, g, TSimd.LoadPartial(bias + i, count));
    }

    private struct AffineBody : IRowBody
    {
        public float* X;
        public float* Gain;
        public float* Bias;
        public float* Y;
        public long StrideX;
        public long StrideY;
        public int Width;
        public float GainOffset;

        public readonly void Run(int start, int end)
        {
            TVector offset = TSimd.Create(GainOffset);
            float* gain = Gain;
            float* bias = Bias;
            int width = Width;
            for (int row = start; row < end; row++)
            {
                float* x = X + (row * StrideX);
                float* y = Y + (row * StrideY);
                int i = 0;
                for (; i <= width - TSimd.Count; i += TSimd.Count)
                {
                    TSimd.Store(y + i, AffineVector(TSimd.Load(x + i), gain, offset, bias, i));
                }

                int rest = width - i;
                if (rest > 0)
                {
                    TSimd.StorePartial(y + i, AffineVector(TSimd.LoadPartial(x + i, rest), gain, offset, bias, i, rest), rest);
                }
            }
        }
    }
}
