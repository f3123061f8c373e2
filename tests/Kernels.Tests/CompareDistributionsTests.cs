namespace Weir.Kernels.Tests;

public sealed class CompareDistributionsTests
{
    [Theory, EveryDevice]
    public void MatchesTheFormulas(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            float[] a = t.Normal(rows * width, deviation: 3, mean: 7);
            float[] b = t.Normal(rows * width, deviation: 2);
            Verify(t, a, b, rows, strided, 2e-6);
        }

        Verify(t, t.Normal(50257, 3), t.Normal(50257, 3), 1, strided: true, 2e-6);
    }

    /// <summary>Divergences of 1e-6, which would drown if they were taken from the probabilities.</summary>
    [Theory, EveryDevice]
    public void SmallDistancesKeepTheirDigits(string device)
    {
        using var t = new TestTensors(device);
        const int Width = 1025;
        float[] a = t.Normal(2 * Width, deviation: 3);
        float[] b = [.. a.Zip(t.Normal(2 * Width), (x, e) => x + (1e-3f * e))];
        Verify(t, a, b, 2, strided: false, 2e-3);
    }

    [Theory, EveryDevice]
    public void EqualRowsAreExactlyNothingApart(string device)
    {
        using var t = new TestTensors(device);
        float[] a = t.Normal(3 * 97, deviation: 5);
        a[5] = float.NegativeInfinity;
        var shape = new Shape(3, 97);
        Tensor distances = t.Output(new Shape(3, 4));
        t.Ops.CompareDistributions(t.Input(a, shape), t.Input(a, shape, strided: true), distances);
        Assert.All(t.Read(distances), d => Assert.Equal(0, d));
    }

    [Theory, EveryDevice]
    public void WhatOneSideRulesOutIsInfinitelyFar(string device)
    {
        using var t = new TestTensors(device);
        Tensor distances = t.Output(new Shape(1, 4));
        t.Ops.CompareDistributions(t.Input([0f, 0, 0], new Shape(1, 3)), t.Input([0f, 0, float.NegativeInfinity], new Shape(1, 3)), distances);
        float[] d = t.Read(distances);
        Assert.Equal(float.PositiveInfinity, d[0]);
        Assert.Equal(Math.Log(1.5), d[1], 1e-6);
        Assert.Equal(Math.Sqrt((2 / 36.0) + (1 / 9.0)), d[2], 1e-6);
        Assert.Equal(1 / 3.0, d[3], 1e-6);
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 61, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] a = numbers.Normal(Rows * Width), b = numbers.Normal(Rows * Width);
        float[] Run(TestTensors t, float[] values, int start, int count)
        {
            var shape = new Shape(count, Width);
            Tensor distances = t.Output(new Shape(count, 4));
            t.Ops.CompareDistributions(t.Input(Shapes.Rows(values, Rows, start, count), shape), t.Input(Shapes.Rows(b, Rows, start, count), shape), distances);
            return t.Read(distances);
        }

        Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, a, start, count));
        Oracle.BadRowsStayAlone(device, Rows, a, (t, values) => Run(t, values, 0, Rows));
    }

    [Theory, EveryDevice]
    public void WrongShapesAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor a = t.Input(t.Normal(12), new Shape(3, 4));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.CompareDistributions(a, t.Input(t.Normal(12), new Shape(4, 3)), t.Output(new Shape(3, 4))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.CompareDistributions(a, a, t.Output(new Shape(3, 3))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.CompareDistributions(a, a, t.Output(new Shape(2, 4))));
        t.CheckSentinels();
    }

    private static void Verify(TestTensors t, float[] a, float[] b, int rows, bool strided, double relative)
    {
        int width = rows == 0 ? 5 : a.Length / rows;
        var shape = new Shape(rows, width);
        Tensor distances = t.Output(new Shape(rows, 4), strided);
        t.Ops.CompareDistributions(t.Input(a, shape, strided), t.Input(b, shape, !strided), distances);
        double[] expected = new double[rows * 4];
        for (int row = 0; row < rows; row++)
        {
            double[] p = LogSoftmax(a.AsSpan(row * width, width)), q = LogSoftmax(b.AsSpan(row * width, width));
            for (int i = 0; i < width; i++)
            {
                double difference = Math.Exp(p[i]) - Math.Exp(q[i]);
                expected[row * 4] += Math.Exp(p[i]) * (p[i] - q[i]);
                expected[(row * 4) + 1] += Math.Exp(q[i]) * (q[i] - p[i]);
                expected[(row * 4) + 2] += difference * difference;
                expected[(row * 4) + 3] += Math.Abs(difference) / 2;
            }

            expected[(row * 4) + 2] = Math.Sqrt(expected[(row * 4) + 2]);
        }

        Oracle.Within(expected, t.Read(distances), 1e-9, relative, $"{shape}, strided {strided}");
    }

    private static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        double[] z = Array.ConvertAll(logits.ToArray(), v => (double)v);
        double top = z.Max();
        double lse = top + Math.Log(z.Sum(v => Math.Exp(v - top)));
        return Array.ConvertAll(z, v => v - lse);
    }
}
