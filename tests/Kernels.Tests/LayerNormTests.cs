using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class LayerNormTests
{
    private const float Epsilon = 1e-5f;

    [Theory, EveryDevice]
    public void MatchesTheFormula(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            Verify(t, rows, width, mean: 0.5, withBias: true, strided, 1e-6);
            Verify(t, rows, width, mean: 0, withBias: false, strided, 1e-6);
        }
    }

    [Theory, EveryDevice]
    public void LongRowsAndLargeMeansLoseLittle(string device)
    {
        using var t = new TestTensors(device);
        Verify(t, 2, 20011, mean: 0, withBias: true, strided: false, 1e-6);

        // x - m alone costs 100 / 2^24 of a deviation here, in any order of the sums.
        Verify(t, 3, 769, mean: 100, withBias: true, strided: false, 3e-5);
    }

    [Theory, EveryDevice]
    public void TapsChangeNoBitAndNeitherDoesWritingOverX(string device)
    {
        using var t = new TestTensors(device);
        var shape = new Shape(5, 97);
        float[] x = t.Normal(5 * 97);
        Tensor gain = t.Input(t.Normal(97), new Shape(97));
        Tensor bias = t.Input(t.Normal(97), new Shape(97));
        Tensor plain = t.Output(shape);
        t.Ops.LayerNorm(t.Input(x, shape), gain, bias, Epsilon, plain);
        float[] expected = t.Read(plain);

        Tensor tapped = t.Output(shape);
        t.Ops.LayerNorm(t.Input(x, shape), gain, bias, Epsilon, tapped, new NormTaps(t.Output(new Shape(5, 1)), t.Output(shape, strided: true)));
        Oracle.SameBits(expected, t.Read(tapped), "with taps");

        Tensor over = t.InOut(x, shape, strided: true);
        t.Ops.LayerNorm(over, gain, bias, Epsilon, over);
        Oracle.SameBits(expected, t.Read(over), "over x");
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] x = numbers.Normal(Rows * Width);
        float[] gain = numbers.Normal(Width);
        float[] bias = numbers.Normal(Width);
        float[] Run(TestTensors t, float[] values, int start, int count)
        {
            var shape = new Shape(count, Width);
            Tensor y = t.Output(shape, strided: true);
            t.Ops.LayerNorm(t.Input(Shapes.Rows(values, Rows, start, count), shape), t.Input(gain), t.Input(bias), Epsilon, y);
            return t.Read(y);
        }

        Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, x, start, count));
        Oracle.BadRowsStayAlone(device, Rows, x, (t, values) => Run(t, values, 0, Rows));
    }

    [Theory, EveryDevice]
    public void WrongShapesAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor x = t.Input(t.Normal(12), new Shape(3, 4));
        Tensor y = t.Output(new Shape(3, 4));
        Tensor gain = t.Input(1, 2, 3, 4f);
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.LayerNorm(x, t.Input(1, 2, 3f), default, Epsilon, y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.LayerNorm(x, gain, t.Input(1, 2, 3f), Epsilon, y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.LayerNorm(x, gain, default, Epsilon, t.Output(new Shape(2, 4))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.LayerNorm(x, gain, default, Epsilon, y, new NormTaps(t.Output(new Shape(3, 2)), default)));
        t.CheckSentinels();
    }

    private static void Verify(TestTensors t, int rows, int width, double mean, bool withBias, bool strided, double tolerance)
    {
        var shape = new Shape(rows, width);
        float[] x = t.Normal(rows * width, deviation: 2, mean);
        float[] gain = t.Normal(width);
        float[]? bias = withBias ? t.Normal(width) : null;
        var taps = new NormTaps(t.Output(new Shape(rows, 1), strided), t.Output(shape, strided));
        Tensor y = t.Output(shape, !strided);
        t.Ops.LayerNorm(t.Input(x, shape, strided), t.Input(gain), bias is null ? default : t.Input(bias), Epsilon, y, taps);
        (double[] scale, double[] normalized, double[] expected) = Reference.Norm(x, gain, bias, 0, Epsilon, centered: true);
        string what = $"{shape}, mean {mean}, bias {withBias}, strided {strided}";
        Oracle.Within(scale, t.Read(taps.Scale), 0, tolerance / 2, "scale " + what);
        Oracle.Within(normalized, t.Read(taps.Normalized), tolerance / 2, tolerance / 2, "normalized " + what);
        Oracle.Within(expected, t.Read(y), tolerance, tolerance, what);
    }
}
