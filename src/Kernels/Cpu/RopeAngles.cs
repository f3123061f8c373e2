using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void RopeAngles(Tensor positions, Tensor frequencies, float magnitude, Tensor cos, Tensor sin)
    {
        Check.RopeAngles(positions, frequencies, cos, sin);
        _counters.Ops++;
        var body = new RopeAnglesBody
        {
            Positions = Integers(positions),
            Frequencies = Floats(frequencies),
            Cos = Floats(cos),
            Sin = Floats(sin),
            StrideCos = cos.RowStride,
            StrideSin = sin.RowStride,
            Pairs = cos.Width,
            Magnitude = magnitude,
        };
        const int SinCosInBytes = 200;
        RowLoop<RopeAnglesBody>.Run(_workers, cos.Rows, cos.Width * (long)SinCosInBytes, body);
    }

    private struct RopeAnglesBody : IRowBody
    {
        public int* Positions;
        public float* Frequencies;
        public float* Cos;
        public float* Sin;
        public long StrideCos;
        public long StrideSin;
        public int Pairs;
        public float Magnitude;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                float* cosines = Cos + (row * StrideCos);
                float* sines = Sin + (row * StrideSin);
                int position = Positions[row];
                for (int i = 0; i < Pairs; i++)
                {
                    // In f64, once a forward: angles of thousands of radians keep their last digit.
                    (double s, double c) = Math.SinCos((double)(position * Frequencies[i]));
                    cosines[i] = position == -1 ? 1 : Magnitude * (float)c;
                    sines[i] = position == -1 ? 0 : Magnitude * (float)s;
                }
            }
        }
    }
}
