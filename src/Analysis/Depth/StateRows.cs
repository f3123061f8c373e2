using System.Numerics;
using System.Numerics.Tensors;

namespace Weir.Analysis.Depth;

/// <summary>Rows of states in host memory, and what fits do with them.</summary>
internal static class StateRows
{
    /// <summary>Mean of the rows.</summary>
    public static float[] Mean(float[] rows, int width)
    {
        double[] sums = new double[width];
        AccumulateRows(rows, sums);
        return Array.ConvertAll(sums, s => (float)(s * width / rows.Length));
    }

    /// <summary>Adds numbers to sums in f64.</summary>
    public static void Accumulate(ReadOnlySpan<float> part, Span<double> sum)
    {
        int i = 0;
        for (; i <= part.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(part[i..]), out Vector<double> low, out Vector<double> high);
            Span<double> first = sum[i..], second = first[Vector<double>.Count..];
            (new Vector<double>(first) + low).CopyTo(first);
            (new Vector<double>(second) + high).CopyTo(second);
        }

        for (; i < part.Length; i++)
        {
            sum[i] += part[i];
        }
    }

    /// <summary>Adds rows to the sums of their columns, in f64.</summary>
    public static void AccumulateRows(ReadOnlySpan<float> rows, Span<double> sums)
    {
        for (int at = 0; at < rows.Length; at += sums.Length)
        {
            Accumulate(rows.Slice(at, sums.Length), sums);
        }
    }

    /// <summary>1 / |x| of each of n rows, with |x| taken as no less than the smallest.</summary>
    public static float[] InverseNorms(ReadOnlySpan<float> rows, int n, double smallest)
    {
        int width = rows.Length / n;
        float[] inverse = new float[n];
        for (int i = 0; i < n; i++)
        {
            inverse[i] = (float)(1 / Math.Max(TensorPrimitives.Norm(rows.Slice(i * width, width)), smallest));
        }

        return inverse;
    }

    /// <summary>Rows times a weight each.</summary>
    public static float[] Weighted(float[] rows, float[] weights, int width)
    {
        float[] y = new float[rows.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            TensorPrimitives.Multiply(rows.AsSpan(i * width, width), weights[i], y.AsSpan(i * width, width));
        }

        return y;
    }

    /// <summary>Rows less an origin.</summary>
    public static float[] From(ReadOnlySpan<float> rows, float[] origin)
    {
        float[] y = new float[rows.Length];
        for (int at = 0; at < y.Length; at += origin.Length)
        {
            TensorPrimitives.Subtract(rows.Slice(at, origin.Length), origin, y.AsSpan(at, origin.Length));
        }

        return y;
    }

    /// <summary>[n, columns] as [columns, n].</summary>
    public static float[] Transposed(float[] x, int n)
    {
        int columns = x.Length / n;
        float[] y = new float[x.Length];
        for (int i = 0; i < n; i++)
        {
            for (int c = 0; c < columns; c++)
            {
                y[(c * n) + i] = x[(i * columns) + c];
            }
        }

        return y;
    }
}
