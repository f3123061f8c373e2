using System.Runtime.Intrinsics;
using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void CompareRows(Tensor a, Tensor b, Tensor statistics)
    {
        Check.CompareRows(a, b, statistics);
        _counters.Ops++;
        var body = new CompareRowsBody
        {
            A = Floats(a),
            B = Floats(b),
            Statistics = Floats(statistics),
            StrideA = a.RowStride,
            StrideB = b.RowStride,
            StrideStatistics = statistics.RowStride,
            Width = a.Width,
        };
        RowLoop<CompareRowsBody>.Run(_workers, a.Rows, a.Width * 16L, body);
    }

    private struct CompareRowsBody : IRowBody
    {
        public float* A;
        public float* B;
        public float* Statistics;
        public long StrideA;
        public long StrideB;
        public long StrideStatistics;
        public int Width;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                Compare(A + (row * StrideA), B + (row * StrideB), Statistics + (row * StrideStatistics));
            }
        }

        private readonly void Compare(float* a, float* b, float* s)
        {
            Vector256<double> zero = Vector256<double>.Zero;
            Vector256<double> aaLow = zero, aaHigh = zero, bbLow = zero, bbHigh = zero, abLow = zero, abHigh = zero, ddLow = zero, ddHigh = zero;
            int i = 0;
            for (; i <= Width - 8; i += 8)
            {
                (Vector256<double> aLow, Vector256<double> aHigh) = F64.Load(a + i);
                (Vector256<double> bLow, Vector256<double> bHigh) = F64.Load(b + i);
                Vector256<double> dLow = aLow - bLow;
                Vector256<double> dHigh = aHigh - bHigh;
                aaLow = Vector256.FusedMultiplyAdd(aLow, aLow, aaLow);
                aaHigh = Vector256.FusedMultiplyAdd(aHigh, aHigh, aaHigh);
                bbLow = Vector256.FusedMultiplyAdd(bLow, bLow, bbLow);
                bbHigh = Vector256.FusedMultiplyAdd(bHigh, bHigh, bbHigh);
                abLow = Vector256.FusedMultiplyAdd(aLow, bLow, abLow);
                abHigh = Vector256.FusedMultiplyAdd(aHigh, bHigh, abHigh);
                ddLow = Vector256.FusedMultiplyAdd(dLow, dLow, ddLow);
                ddHigh = Vector256.FusedMultiplyAdd(dHigh, dHigh, ddHigh);
            }

            double aa = F64.Sum(aaLow, aaHigh);
            double bb = F64.Sum(bbLow, bbHigh);
            double ab = F64.Sum(abLow, abHigh);
            double dd = F64.Sum(ddLow, ddHigh);
            for (; i < Width; i++)
            {
                double x = a[i];
                double y = b[i];
                aa += x * x;
                bb += y * y;
                ab += x * y;
                dd += (x - y) * (x - y);
            }

            s[0] = (float)aa;
            s[1] = (float)bb;
            s[2] = (float)ab;
            s[3] = (float)dd;
        }
    }
}
