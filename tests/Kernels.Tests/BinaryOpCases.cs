namespace Weir.Kernels.Tests;

/// <summary>What holds for an op of two tensors of one shape, element by element.</summary>
/// <param name="run">The op: left, right, result.</param>
/// <param name="expected">One element.</param>
internal sealed class BinaryOpCases(Action<TestTensors, Tensor, Tensor, Tensor> run, Func<float, float, float> expected)
{
    public void IsTheRoundedResult(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            float[] a = t.Normal(rows * width);
            float[] b = t.Normal(rows * width);
            Tensor y = t.Output(new Shape(rows, width), !strided);
            run(t, t.Input(a, new Shape(rows, width), strided), t.Input(b, new Shape(rows, width)), y);
            Oracle.SameBits([.. a.Zip(b, expected)], t.Read(y), $"{rows} x {width}, strided {strided}");
        }
    }

    public void MayWriteOverEitherOperand(string device)
    {
        using var t = new TestTensors(device);
        var shape = new Shape(3, 97);
        float[] a = t.Normal(3 * 97);
        float[] b = t.Normal(3 * 97);

        Tensor overA = t.InOut(a, shape, strided: true);
        run(t, overA, t.Input(b, shape), overA);
        Oracle.SameBits([.. a.Zip(b, expected)], t.Read(overA), "over a");

        Tensor overB = t.InOut(b, shape, strided: true);
        run(t, t.Input(a, shape), overB, overB);
        Oracle.SameBits([.. a.Zip(b, expected)], t.Read(overB), "over b");
    }

    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] a = numbers.Normal(Rows * Width);
        float[] b = numbers.Normal(Rows * Width);
        float[] Part(TestTensors t, float[] x, int start, int count)
        {
            var shape = new Shape(count, Width);
            Tensor y = t.Output(shape, strided: true);
            run(t, t.Input(Shapes.Rows(x, Rows, start, count), shape, strided: true), t.Input(Shapes.Rows(b, Rows, start, count), shape), y);
            return t.Read(y);
        }

        Oracle.RowsStandAlone(device, Rows, (t, start, count) => Part(t, a, start, count));
        Oracle.BadRowsStayAlone(device, Rows, a, (t, x) => Part(t, x, 0, Rows));
    }

    public void WrongShapesAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor a = t.Input(t.Normal(12), new Shape(3, 4));
        Tensor y = t.Output(new Shape(3, 4));
        Assert.ThrowsAny<ArgumentException>(() => run(t, a, t.Input(t.Normal(12), new Shape(4, 3)), y));
        Assert.ThrowsAny<ArgumentException>(() => run(t, a, a, t.Output(new Shape(3, 5))));
        Assert.ThrowsAny<ArgumentException>(() => run(t, a, default, y));
        Assert.ThrowsAny<ArgumentException>(() => run(t, a, a, t.Output(new Shape(3, 4), type: ElementType.I32)));
        t.CheckSentinels();
    }
}
