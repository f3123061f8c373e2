namespace Weir.Kernels.Tests;

public sealed class SoftcapTests
{
    [Theory, EveryDevice]
    public void MatchesTheFormula(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            float[] x = t.Normal(rows * width, deviation: 40);
            Tensor y = t.Output(new Shape(rows, width), !strided);
            t.Ops.Softcap(t.Input(x, new Shape(rows, width), strided), 30, y);
            Oracle.Within(Shapes.Map(x, v => 30 * Math.Tanh(v / 30)), t.Read(y), 1e-37, 5e-7, $"{rows} x {width}, strided {strided}");
        }
    }

    [Theory, EveryDevice]
    public void TakesExtremesAndMayWriteOverItsOperand(string device)
    {
        using var t = new TestTensors(device);
        float[] x = [0f, 1e-20f, -1e-20f, 1e30f, -1e30f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 49.9f];
        Tensor y = t.InOut(x, new Shape(1, x.Length));
        t.Ops.Softcap(y, 50, y);
        Oracle.Within(Shapes.Map(x, v => 50 * Math.Tanh(v / 50)), t.Read(y), 1e-37, 5e-7, "extremes");
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] x = numbers.Normal(Rows * Width, deviation: 20);
        float[] Run(TestTensors t, float[] values, int start, int count)
        {
            Tensor y = t.Output(new Shape(count, Width), strided: true);
            t.Ops.Softcap(t.Input(Shapes.Rows(values, Rows, start, count), new Shape(count, Width)), 30, y);
            return t.Read(y);
        }

        Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, x, start, count));
        Oracle.BadRowsStayAlone(device, Rows, x, (t, values) => Run(t, values, 0, Rows));
    }

    [Theory, EveryDevice]
    public void ACapThatIsNotAboveZeroIsAnError(string device)
    {
        using var t = new TestTensors(device);
        Tensor x = t.Input(t.Normal(4), new Shape(2, 2));
        Tensor y = t.Output(new Shape(2, 2));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Softcap(x, 0, y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Softcap(x, float.NaN, y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Softcap(x, 1, t.Output(new Shape(2, 3))));
        t.CheckSentinels();
    }
}
