namespace Weir.Kernels.Tests;

public sealed class CompareRowsTests
{
    [Theory, EveryDevice]
    public void MatchesTheFormulas(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            float[] a = t.Normal(rows * width, deviation: 3);
            float[] b = t.Normal(rows * width);
            var shape = new Shape(rows, width);
            Tensor statistics = t.Output(new Shape(rows, 4), strided);
            t.Ops.CompareRows(t.Input(a, shape, strided), t.Input(b, shape, !strided), statistics);

            // Sums in f64 leave one rounding, however much a . b cancels.
            Oracle.Within(Expected(a, b, rows), t.Read(statistics), 0, 6.1e-8, $"{shape}, strided {strided}");
        }
    }

    [Theory, EveryDevice]
    public void EqualRowsDifferByExactlyNothing(string device)
    {
        using var t = new TestTensors(device);
        Tensor a = t.Input(t.Normal(3 * 97), new Shape(3, 97), strided: true);
        Tensor statistics = t.Output(new Shape(3, 4));
        t.Ops.CompareRows(a, a, statistics);
        foreach (float[] s in t.Read(statistics).Chunk(4))
        {
            Assert.Equal(0, s[3]);
            Assert.Equal(s[0], s[1]);
            Assert.Equal(s[0], s[2]);
        }
    }

    [Theory, EveryDevice]
    public void TinyDifferencesOfLargeStatesAreSeen(string device)
    {
        using var t = new TestTensors(device);
        float[] a = t.Normal(1025, deviation: 1000);
        float[] b = Array.ConvertAll(a, MathF.BitIncrement);
        Tensor statistics = t.Output(new Shape(1, 4));
        t.Ops.CompareRows(t.Input(a, new Shape(1, 1025)), t.Input(b, new Shape(1, 1025)), statistics);
        Oracle.Within(Expected(a, b, 1), t.Read(statistics), 0, 6.1e-8, "one ulp apart");
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] a = numbers.Normal(Rows * Width);
        float[] b = numbers.Normal(Rows * Width);
        float[] Run(TestTensors t, float[] values, int start, int count)
        {
            var shape = new Shape(count, Width);
            Tensor statistics = t.Output(new Shape(count, 4));
            t.Ops.CompareRows(t.Input(Shapes.Rows(values, Rows, start, count), shape), t.Input(Shapes.Rows(b, Rows, start, count), shape), statistics);
            return t.Read(statistics);
        }

        Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, a, start, count));
        Oracle.BadRowsStayAlone(device, Rows, a, (t, values) => Run(t, values, 0, Rows));
    }

    [Theory, EveryDevice]
    public void WrongShapesAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor a = t.Input(t.Normal(12), new Shape(3, 4));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.CompareRows(a, t.Input(t.Normal(12), new Shape(4, 3)), t.Output(new Shape(3, 4))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.CompareRows(a, a, t.Output(new Shape(3, 3))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.CompareRows(a, a, t.Output(new Shape(2, 4))));
        t.CheckSentinels();
    }

    private static double[] Expected(float[] a, float[] b, int rows)
    {
        double[] s = new double[rows * 4];
        for (int i = 0; i < a.Length; i++)
        {
            int row = i / (a.Length / rows) * 4;
            double x = a[i];
            double y = b[i];
            s[row] += x * x;
            s[row + 1] += y * y;
            s[row + 2] += x * y;
            s[row + 3] += (x - y) * (x - y);
        }

        return s;
    }
}
