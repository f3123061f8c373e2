using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>Formulas in f64 that more than one test needs.</summary>
public static class Reference
{
    /// <summary>An activation by its definition.</summary>
    public static double Activate(Activation activation, double x) => activation switch
    {
        Activation.GeluTanh => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        Activation.GeluErf => x / 2 * Erfc(-x / Math.Sqrt(2)),
        Activation.Relu => double.IsNaN(x) ? x : Math.Max(x, 0),
        _ => x / (1 + Math.Exp(-x)),
    };

    /// <summary>1 - erf x to about 1e-15: the Taylor series near 0, a continued fraction (Lentz) elsewhere.</summary>
    public static double Erfc(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        double t = Math.Abs(x);
        double erfc;
        if (t < 2)
        {
            double term = t;
            double sum = t;
            for (int n = 1; n < 80; n++)
            {
                term *= -t * t / n;
                sum += term / ((2 * n) + 1);
            }

            erfc = 1 - (2 / Math.Sqrt(Math.PI) * sum);
        }
        else
        {
            double fraction = t;
            for (int n = 120; n >= 1; n--)
            {
                fraction = t + (n / 2.0 / fraction);
            }

            erfc = Math.Exp(-t * t) / (fraction * Math.Sqrt(Math.PI));
        }

        return x < 0 ? 2 - erfc : erfc;
    }

    /// <summary>A norm in f64: scales, values before gain and bias, results; groups of the gain's size.</summary>
    public static (double[] Scale, double[] Normalized, double[] Y) Norm(float[] x, float[] gain, float[]? bias, double gainOffset, double epsilon, bool centered)
    {
        int size = gain.Length;
        double[] scale = new double[x.Length / size];
        double[] normalized = new double[x.Length];
        double[] y = new double[x.Length];
        for (int g = 0; g < scale.Length; g++)
        {
            double[] row = Array.ConvertAll(x.AsSpan(g * size, size).ToArray(), v => (double)v);
            double mean = centered ? row.Average() : 0;
            scale[g] = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + epsilon);
            for (int i = 0; i < size; i++)
            {
                normalized[(g * size) + i] = (row[i] - mean) / scale[g];
                y[(g * size) + i] = (normalized[(g * size) + i] * (gain[i] + gainOffset)) + (bias?[i] ?? 0);
            }
        }

        return (scale, normalized, y);
    }
}
