namespace Weir.Kernels.Tests;

public sealed class RopeTests
{
    [Theory, EveryDevice]
    public void MatchesTheFormula(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int heads, int size, int pairs) in new[] { (1, 1, 2, 1), (3, 5, 64, 32), (2, 7, 80, 10), (5, 3, 59, 17), (3, 2, 128, 61), (2, 3, 7, 0) })
        {
            foreach (bool strided in new[] { false, true })
            {
                (float[] x, float[] cos, float[] sin) = Numbers(t, rows, heads, size, pairs);
                var shape = new Shape(rows, heads, size);
                Tensor y = t.Output(shape, !strided);
                t.Ops.Rope(t.Input(x, shape, strided), t.Input(cos, new Shape(rows, pairs), !strided), t.Input(sin, new Shape(rows, pairs), strided), y);
                Oracle.SameBits(Rotate(x, cos, sin, heads, size, pairs), t.Read(y), $"{shape}, {pairs} pairs, strided {strided}");
            }
        }
    }

    [Theory, EveryDevice]
    public void MayWriteOverItsOperandAndKeepsBitsWithoutRotation(string device)
    {
        using var t = new TestTensors(device);
        var shape = new Shape(3, 5, 59);
        (float[] x, float[] cos, float[] sin) = Numbers(t, 3, 5, 59, 17);
        Tensor y = t.InOut(x, shape, strided: true);
        t.Ops.Rope(y, t.Input(cos, new Shape(3, 17)), t.Input(sin, new Shape(3, 17)), y);
        Oracle.SameBits(Rotate(x, cos, sin, 5, 59, 17), t.Read(y), "over x");

        Array.Fill(cos, 1);
        Array.Clear(sin);
        Tensor same = t.InOut(x, shape);
        t.Ops.Rope(same, t.Input(cos, new Shape(3, 17)), t.Input(sin, new Shape(3, 17)), same);
        Oracle.SameBits(x, t.Read(same), "no rotation");
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Heads = 5, Size = 203, Pairs = 97;
        using var numbers = new TestTensors(device);
        (float[] x, float[] cos, float[] sin) = Numbers(numbers, Rows, Heads, Size, Pairs);
        float[] Run(TestTensors t, float[] values, int start, int count)
        {
            var shape = new Shape(count, Heads, Size);
            var angles = new Shape(count, Pairs);
            Tensor y = t.Output(shape, strided: true);
            t.Ops.Rope(t.Input(Shapes.Rows(values, Rows, start, count), shape), t.Input(Shapes.Rows(cos, Rows, start, count), angles), t.Input(Shapes.Rows(sin, Rows, start, count), angles), y);
            return t.Read(y);
        }

        Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, x, start, count));
        Oracle.BadRowsStayAlone(device, Rows, x, (t, values) => Run(t, values, 0, Rows));
    }

    [Theory, EveryDevice]
    public void WrongShapesAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor x = t.Input(t.Normal(24), new Shape(2, 3, 4));
        Tensor y = t.Output(new Shape(2, 3, 4));
        Tensor angles = t.Input(t.Normal(4), new Shape(2, 2));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Rope(x, angles, t.Input(t.Normal(2), new Shape(2, 1)), y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Rope(x, angles, angles, t.Output(new Shape(2, 11))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Rope(x.Reshape(2, 12), angles, angles, y));
        Tensor many = t.Input(t.Normal(6), new Shape(2, 3));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Rope(x, many, many, y));
        t.CheckSentinels();
    }

    private static (float[] X, float[] Cos, float[] Sin) Numbers(TestTensors t, int rows, int heads, int size, int pairs)
    {
        float[] angles = t.Normal(rows * pairs, deviation: 3);
        return (t.Normal(rows * heads * size), Array.ConvertAll(angles, MathF.Cos), Array.ConvertAll(angles, MathF.Sin));
    }

    /// <summary>In f32, product by product: the order that PyTorch has.</summary>
    private static float[] Rotate(float[] x, float[] cos, float[] sin, int heads, int size, int pairs)
    {
        float[] y = [.. x];
        for (int at = 0; at < x.Length; at += size)
        {
            int row = at / size / heads;
            for (int i = 0; i < pairs; i++)
            {
                float c = cos[(row * pairs) + i];
                float s = sin[(row * pairs) + i];
                y[at + i] = (x[at + i] * c) - (x[at + i + pairs] * s);
                y[at + i + pairs] = (x[at + i + pairs] * c) + (x[at + i] * s);
            }
        }

        return y;
    }
}
