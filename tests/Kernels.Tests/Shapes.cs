namespace Weir.Kernels.Tests;

/// <summary>Sizes that ops are tested at: all different, mostly odd, with and without gaps between rows.</summary>
public static class Shapes
{
    /// <summary>Rows, width, and whether the rows have a stride.</summary>
    public static IEnumerable<(int Rows, int Width, bool Strided)> Small()
    {
        foreach ((int rows, int width) in new[] { (1, 1), (2, 3), (3, 17), (5, 97), (1, 768), (4, 1025), (7, 64), (0, 5) })
        {
            yield return (rows, width, false);
            yield return (rows, width, true);
        }
    }

    /// <summary>A part of the rows of a host array.</summary>
    public static ReadOnlySpan<float> Rows(float[] values, int rows, int start, int count)
    {
        int width = values.Length / rows;
        return values.AsSpan(start * width, count * width);
    }

    /// <summary>The arguments of a comparison's first value and its widened reference.</summary>
    public static double[] Map(float[] a, Func<double, double> f) => Array.ConvertAll(a, v => f(v));

    /// <summary>f of two arrays, element by element.</summary>
    public static double[] Map(float[] a, float[] b, Func<double, double, double> f)
    {
        double[] y = new double[a.Length];
        for (int i = 0; i < a.Length; i++)
        {
            y[i] = f(a[i], b[i]);
        }

        return y;
    }
}
