namespace Weir.Kernels.Tests;

public sealed class SubtractTests
{
    [Theory, EveryDevice]
    public void IsTheRoundedResult(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            float[] a = t.Normal(rows * width);
            float[] b = t.Normal(rows * width);
            Tensor y = t.Output(new Shape(rows, width), !strided);
            t.Ops.Subtract(t.Input(a, new Shape(rows, width), strided), t.Input(b, new Shape(rows, width)), y);
            Oracle.SameBits([.. a.Zip(b, (p, q) => p - q)], t.Read(y), $"{rows} x {width}, strided {strided}");
        }
    }

    [Theory, EveryDevice]
    public void MayWriteOverEitherOperand(string device)
    {
        using var t = new TestTensors(device);
        var shape = new Shape(3, 97);
        float[] a = t.Normal(3 * 97);
        float[] b = t.Normal(3 * 97);
        float[] expected = [.. a.Zip(b, (p, q) => p - q)];

        Tensor overA = t.InOut(a, shape, strided: true);
        t.Ops.Subtract(overA, t.Input(b, shape), overA);
        Oracle.SameBits(expected, t.Read(overA), "over a");

        Tensor overB = t.InOut(b, shape, strided: true);
        t.Ops.Subtract(t.Input(a, shape), overB, overB);
        Oracle.SameBits(expected, t.Read(overB), "over b");
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] a = numbers.Normal(Rows * Width);
        float[] b = numbers.Normal(Rows * Width);
        Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, Rows, a, b, start, count));
        Oracle.BadRowsStayAlone(device, Rows, a, (t, x) => Run(t, Rows, x, b, 0, Rows));
    }

    [Theory, EveryDevice]
    public void WrongShapesAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor a = t.Input(t.Normal(12), new Shape(3, 4));
        Tensor y = t.Output(new Shape(3, 4));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Subtract(a, t.Input(t.Normal(12), new Shape(4, 3)), y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Subtract(a, a, t.Output(new Shape(3, 5))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Subtract(a, default, y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Subtract(a, a, t.Output(new Shape(3, 4), type: ElementType.I32)));
        t.CheckSentinels();
    }

    private static float[] Run(TestTensors t, int rows, float[] a, float[] b, int start, int count)
    {
        var shape = new Shape(count, a.Length / rows);
        Tensor y = t.Output(shape, strided: true);
        t.Ops.Subtract(t.Input(Shapes.Rows(a, rows, start, count), shape, strided: true), t.Input(Shapes.Rows(b, rows, start, count), shape), y);
        return t.Read(y);
    }
}
