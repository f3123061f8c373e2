using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class AffineTests
{
    [Theory, EveryDevice]
    public void HasTheBitsOfTheNorms(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            var shape = new Shape(rows, width);
            Tensor x = t.Input(t.Normal(rows * width, deviation: 3, mean: 1), shape, strided);
            Tensor gain = t.Input(t.Normal(width), new Shape(width));
            Tensor bias = t.Input(t.Normal(width), new Shape(width));
            Tensor fused = t.Output(shape);
            Tensor normalized = t.Output(shape, strided);
            Tensor y = t.Output(shape, !strided);
            string what = $"{shape}, strided {strided}";

            t.Ops.LayerNorm(x, gain, bias, 1e-5f, fused, new NormTaps(default, normalized));
            t.Ops.Affine(normalized, gain, 0, bias, y);
            Oracle.SameBits(t.Read(fused), t.Read(y), "layer norm " + what);

            t.Ops.RmsNorm(x, gain, 1, 1e-5f, fused, new NormTaps(default, normalized));
            t.Ops.Affine(normalized, gain, 1, default, y);
            Oracle.SameBits(t.Read(fused), t.Read(y), "rms norm " + what);
        }
    }

    [Theory, EveryDevice]
    public void MatchesTheFormula(string device)
    {
        using var t = new TestTensors(device);
        float[] x = t.Normal(5 * 97);
        float[] gain = t.Normal(97);
        float[] bias = t.Normal(97);
        double[] expected = [.. x.Select((v, i) => (v * (gain[i % 97] + 1.0)) + bias[i % 97])];
        Tensor y = t.InOut(x, new Shape(5, 97), strided: true);
        t.Ops.Affine(y, t.Input(gain), 1, t.Input(bias), y);
        Oracle.Within(expected, t.Read(y), 3e-7, 2e-7, "over x");
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
            t.Ops.Affine(t.Input(Shapes.Rows(values, Rows, start, count), shape), t.Input(gain), 0, t.Input(bias), y);
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
        Tensor gain = t.Input(1, 2, 3, 4f);
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Affine(x, t.Input(1, 2, 3f), 0, default, t.Output(new Shape(3, 4))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Affine(x, gain, 0, t.Input(1, 2, 3f), t.Output(new Shape(3, 4))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Affine(x, gain, 0, default, t.Output(new Shape(4, 4))));
        t.CheckSentinels();
    }
}
