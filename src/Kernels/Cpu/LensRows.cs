using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// Sums of a block's rows over one slice of the vocabulary, 16 lanes a row at any vector width, so that widths agree:
/// with a level M near the running maximum, S = sum e^(z-M), T = sum e^(z-M) (z-M), D = sum e^(z-M) (z - z_ref). T and D
/// hold differences, which keep their digits where the logits themselves are large. M follows the maximum only when
/// that has left it by e^16, which f32 bears; so the sums are hardly ever rescaled.
/// </summary>
internal readonly unsafe struct LensRows<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const int Lanes = TileKernel.Half;
    private const float Slack = 16;
    private const float Lowest = -3e38f;

    private readonly float* _level;
    private readonly float* _s;
    private readonly float* _t;
    private readonly float* _d;

    /// <summary>Takes memory for so many rows and empties the sums.</summary>
    public LensRows(float* memory, int rows)
    {
        _s = memory;
        _t = _s + (rows * Lanes);
        _d = _t + (rows * Lanes);
        _level = _d + (rows * Lanes);
        new Span<float>(memory, rows * 3 * Lanes).Clear();
        new Span<float>(_level, rows).Fill(Lowest);
    }

    /// <summary>Floats of memory for so many rows.</summary>
    public static int Floats(int rows) => rows * ((3 * Lanes) + 1);

    /// <summary>Adds 32 logits of a row; <paramref name="q"/> is its reference's, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int row, float* z, float* q)
    {
        TVector top = Larger(TSimd.Load(z), TSimd.Load(z + Lanes));
        for (int j = TSimd.Count; j < Lanes; j += TSimd.Count)
        {
            top = Larger(top, Larger(TSimd.Load(z + j), TSimd.Load(z + j + Lanes)));
        }

        if (TSimd.AnyGreater(top, TSimd.Create(_level[row] + Slack)))
        {
            Raise(row, TSimd.MaxLane(top));
        }

        TVector level = TSimd.Create(_level[row]);
        for (int j = 0; j < Lanes; j += TSimd.Count)
        {
            float* s = _s + (row * Lanes) + j, t = _t + (row * Lanes) + j;

            // Below -88 the exponential is 0, and 0 times a difference must be 0 too.
            TVector z0 = TSimd.Load(z + j), z1 = TSimd.Load(z + j + Lanes);
            TVector x0 = Larger(TSimd.Subtract(z0, level), TSimd.Create(-88f));
            TVector x1 = Larger(TSimd.Subtract(z1, level), TSimd.Create(-88f));
            TVector e0 = SimdMath<TSimd, TVector>.Exp(x0), e1 = SimdMath<TSimd, TVector>.Exp(x1);
            TSimd.Store(s, TSimd.Add(TSimd.Add(TSimd.Load(s), e0), e1));
            TSimd.Store(t, TSimd.Fma(e1, x1, TSimd.Fma(e0, x0, TSimd.Load(t))));
            if (q != null)
            {
                float* d = _d + (row * Lanes) + j;
                TVector d0 = TSimd.Select(TSimd.LessThan(TSimd.Zero, e0), TSimd.Subtract(z0, TSimd.Load(q + j)), TSimd.Zero);
                TVector d1 = TSimd.Select(TSimd.LessThan(TSimd.Zero, e1), TSimd.Subtract(z1, TSimd.Load(q + j + Lanes)), TSimd.Zero);
                TSimd.Store(d, TSimd.Fma(e1, d1, TSimd.Fma(e0, d0, TSimd.Load(d))));
            }
        }
    }

    /// <summary>Sums the lanes up: M, S, T, D.</summary>
    public void Read(int row, double* sums)
    {
        double s = 0, t = 0, d = 0;
        for (int i = row * Lanes; i < (row + 1) * Lanes; i++)
        {
            s += _s[i];
            t += _t[i];
            d += _d[i];
        }

        sums[0] = _level[row];
        sums[1] = s;
        sums[2] = t;
        sums[3] = d;
    }

    // A NaN in a stays; half the instructions of the maximum that keeps it in both.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Larger(TVector a, TVector b) => TSimd.Select(TSimd.LessThan(a, b), b, a);

    /// <summary>Moves the level up: S and D shrink by r = e^(old - new), T becomes r (T + (old - new) S).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Raise(int row, float maximum)
    {
        float old = _level[row];
        _level[row] = maximum;
        float change = old - _level[row], factor = MathF.Exp(change);
        for (int i = row * Lanes; i < (row + 1) * Lanes; i++)
        {
            // From the lowest level, where all sums are 0, the change may be infinite.
            _t[i] = factor == 0 ? 0 : factor * (_t[i] + (change * _s[i]));
            _s[i] *= factor;
            _d[i] *= factor;
        }
    }
}
