using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class RmsNormTests
{
    private const float Epsilon = 1e-6f;

    [Theory, EveryDevice]
    public void MatchesTheFormula(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            foreach (float offset in new[] { 0f, 1f })
            {
                Verify(t, new Shape(rows, width), offset, strided);
            }
        }
    }

    [Theory, EveryDevice]
    public void NormsEachGroupByItself(string device)
    {
        using var t = new TestTensors(device);
        Verify(t, new Shape(3, 5, 17), 0, strided: true);
        Verify(t, new Shape(2, 7, 64), 1, strided: false);
        Verify(t, new Shape(4, 1, 97), 0, strided: true);
    }

    [Theory, EveryDevice]
    public void LongRowsLoseNothing(string device)
    {
        using var t = new TestTensors(device);
        Verify(t, new Shape(2, 20011), 0, strided: false);
    }

    [Theory, EveryDevice]
    public void TapsChangeNoBitAndNeitherDoesWritingOverX(string device)
    {
        using var t = new TestTensors(device);
        var shape = new Shape(3, 5, 97);
        float[] x = t.Normal(3 * 5 * 97);
        Tensor gain = t.Input(t.Normal(97), new Shape(97));
        Tensor plain = t.Output(shape);
        t.Ops.RmsNorm(t.Input(x, shape), gain, 1, Epsilon, plain);
        float[] expected = t.Read(plain);

        Tensor tapped = t.Output(shape);
        t.Ops.RmsNorm(t.Input(x, shape), gain, 1, Epsilon, tapped, new NormTaps(t.Output(new Shape(3, 5)), t.Output(shape, strided: true)));
        Oracle.SameBits(expected, t.Read(tapped), "with taps");

        Tensor over = t.InOut(x, shape, strided: true);
        t.Ops.RmsNorm(over, gain, 1, Epsilon, over);
        Oracle.SameBits(expected, t.Read(over), "over x");
    }

    [Theory, EveryDevice]
    public void TheSumHasTheBitsOfAdd(string device)
    {
        using var t = new TestTensors(device);
        foreach (Shape shape in new[] { new Shape(3, 5, 97), new Shape(2, 1025), new Shape(2, 768) })
        {
            int size = shape[shape.Rank - 1];
            float[] x = t.Normal((int)shape.Count);
            float[] residual = t.Normal((int)shape.Count);
            Tensor gain = t.Input(t.Normal(size), new Shape(size));
            Tensor plain = t.Output(shape);
            Tensor added = t.Output(shape);
            t.Ops.RmsNorm(t.Input(x, shape), gain, 1, Epsilon, plain);
            t.Ops.Add(t.Input(residual, shape).Reshape(shape[0], shape.RowWidth), plain.Reshape(shape[0], shape.RowWidth), added);

            Tensor y = t.Output(shape, strided: true);
            Tensor sum = t.Output(shape, strided: true);
            t.Ops.RmsNorm(t.Input(x, shape), gain, 1, Epsilon, y, new NormTaps { Residual = t.Input(residual, shape), Sum = sum });
            Oracle.SameBits(t.Read(plain), t.Read(y), $"y of {shape}");
            Oracle.SameBits(t.Read(added), t.Read(sum), $"sum of {shape}");

            Tensor over = t.InOut(residual, shape);
            Tensor overX = t.InOut(x, shape);
            t.Ops.RmsNorm(overX, gain, 1, Epsilon, overX, new NormTaps { Residual = over, Sum = over });
            Oracle.SameBits(t.Read(added), t.Read(over), $"sum of {shape} over the residual");
        }
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Groups = 3, Size = 341;
        using var numbers = new TestTensors(device);
        float[] x = numbers.Normal(Rows * Groups * Size);
        float[] gain = numbers.Normal(Size);
        float[] Run(TestTensors t, float[] values, int start, int count)
        {
            var shape = new Shape(count, Groups, Size);
            Tensor y = t.Output(shape, strided: true);
            t.Ops.RmsNorm(t.Input(Shapes.Rows(values, Rows, start, count), shape), t.Input(gain), 0, Epsilon, y);
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
        Tensor gain = t.Input(1, 2, 3, 4f);
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.RmsNorm(x, t.Input(1, 2, 3f), 0, Epsilon, y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.RmsNorm(x, gain, 0, Epsilon, t.Output(new Shape(2, 8))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.RmsNorm(x, gain, 0, Epsilon, y, new NormTaps(t.Output(new Shape(2, 1)), default)));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.RmsNorm(x, gain, 0, Epsilon, y, new NormTaps(default, t.Output(new Shape(1, 12)))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.RmsNorm(x, gain, 0, Epsilon, y, new NormTaps { Sum = t.Output(new Shape(2, 12)) }));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.RmsNorm(x, gain, 0, Epsilon, y, new NormTaps { Residual = x, Sum = t.Output(new Shape(2, 11)) }));
        t.CheckSentinels();
    }

    private static void Verify(TestTensors t, Shape shape, float offset, bool strided)
    {
        int size = shape[shape.Rank - 1];
        int groups = shape.RowWidth / size;
        float[] x = t.Normal((int)shape.Count, deviation: 2, mean: 0.5);
        float[] gain = t.Normal(size);
        var taps = new NormTaps(t.Output(new Shape(shape[0], groups), strided), t.Output(shape, strided));
        Tensor y = t.Output(shape, !strided);
        t.Ops.RmsNorm(t.Input(x, shape, strided), t.Input(gain), offset, Epsilon, y, taps);
        (double[] scale, double[] normalized, double[] expected) = Reference.Norm(x, gain, null, offset, Epsilon, centered: false);
        string what = $"{shape}, offset {offset}, strided {strided}";
        Oracle.Within(scale, t.Read(taps.Scale), 0, 2e-7, "scale " + what);
        Oracle.Within(normalized, t.Read(taps.Normalized), 0, 3e-7, "normalized " + what);
        Oracle.Within(expected, t.Read(y), 1e-7, 5e-7, what);
    }
}
