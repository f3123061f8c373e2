using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class NormalizeTests
{
    [Theory, EveryDevice]
    public void HasTheBitsOfTheNorms(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            foreach (bool centered in new[] { false, true })
            {
                var shape = new Shape(rows, width);
                Tensor x = t.Input(t.Normal(rows * width, deviation: 3, mean: 1), shape, strided);
                Tensor gain = t.Input(t.Normal(width), new Shape(width));
                var taps = new NormTaps(t.Output(new Shape(rows, 1), strided), t.Output(shape, !strided));
                if (centered)
                {
                    t.Ops.LayerNorm(x, gain, default, 1e-5f, t.Output(shape), taps);
                }
                else
                {
                    t.Ops.RmsNorm(x, gain, 1, 1e-5f, t.Output(shape), taps);
                }

                Tensor y = t.Output(shape, strided);
                t.Ops.Normalize(x, taps.Scale, centered, y);
                Oracle.SameBits(t.Read(taps.Normalized), t.Read(y), $"{shape}, centered {centered}, strided {strided}");
            }
        }
    }

    [Theory, EveryDevice]
    public void UsesTheScaleItIsGiven(string device)
    {
        using var t = new TestTensors(device);
        var shape = new Shape(3, 17);
        float[] x = t.Normal(3 * 17, mean: 1);
        float[] scale = [0.5f, 3, -7];
        Tensor y = t.InOut(x, shape, strided: true);
        t.Ops.Normalize(y, t.Input(scale, new Shape(3, 1)), centered: true, y);
        double[] expected = [.. x.Select((v, i) => (v - x.Skip(i / 17 * 17).Take(17).Average(w => (double)w)) / scale[i / 17])];
        Oracle.Within(expected, t.Read(y), 3e-7, 3e-7, "own scales, over x");
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] x = numbers.Normal(Rows * Width);
        float[] scale = numbers.Normal(Rows);
        float[] Run(TestTensors t, float[] values, int start, int count)
        {
            var shape = new Shape(count, Width);
            Tensor y = t.Output(shape, strided: true);
            t.Ops.Normalize(t.Input(Shapes.Rows(values, Rows, start, count), shape), t.Input(Shapes.Rows(scale, Rows, start, count), new Shape(count, 1)), centered: true, y);
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
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Normalize(x, t.Input(t.Normal(6), new Shape(3, 2)), false, t.Output(new Shape(3, 4))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Normalize(x, t.Input(t.Normal(3), new Shape(3, 1)), false, t.Output(new Shape(3, 5))));
        t.CheckSentinels();
    }
}
