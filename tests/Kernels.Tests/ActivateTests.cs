using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class ActivateTests
{
    [Theory, EveryDevice]
    public void MatchesTheFormulas(string device)
    {
        using var t = new TestTensors(device);
        foreach (Activation f in Enum.GetValues<Activation>())
        {
            foreach ((int rows, int width, bool strided) in Shapes.Small())
            {
                var shape = new Shape(rows, width);
                float[] pre = t.Normal(rows * width, deviation: 3);
                float[] linear = t.Normal(rows * width);
                Tensor x = t.Input(pre, shape, strided);
                Tensor plain = t.Output(shape, !strided);
                t.Ops.Activate(f, x, default, plain);
                Oracle.Within(Shapes.Map(pre, v => Reference.Activate(f, v)), t.Read(plain), 2e-7, 2e-7, $"{f} {rows} x {width}, strided {strided}");

                Tensor gated = t.Output(shape, strided);
                t.Ops.Activate(f, x, t.Input(linear, shape, !strided), gated);
                Oracle.Within(Shapes.Map(pre, linear, (v, g) => Reference.Activate(f, v) * g), t.Read(gated), 5e-7, 3e-7, $"gated {f} {rows} x {width}, strided {strided}");
            }
        }
    }

    [Theory, EveryDevice]
    public void MayWriteOverItsOperand(string device)
    {
        using var t = new TestTensors(device);
        var shape = new Shape(3, 97);
        float[] pre = t.Normal(3 * 97, deviation: 3);
        Tensor linear = t.Input(t.Normal(3 * 97), shape, strided: true);
        foreach (Activation f in Enum.GetValues<Activation>())
        {
            Tensor apart = t.Output(shape);
            t.Ops.Activate(f, t.Input(pre, shape), linear, apart);
            Tensor over = t.InOut(pre, shape, strided: true);
            t.Ops.Activate(f, over, linear, over);
            Oracle.SameBits(t.Read(apart), t.Read(over), f.ToString());
        }
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] pre = numbers.Normal(Rows * Width, deviation: 3);
        float[] linear = numbers.Normal(Rows * Width);
        foreach (Activation f in Enum.GetValues<Activation>())
        {
            float[] Run(TestTensors t, float[] values, int start, int count)
            {
                var shape = new Shape(count, Width);
                Tensor y = t.Output(shape, strided: true);
                t.Ops.Activate(f, t.Input(Shapes.Rows(values, Rows, start, count), shape), t.Input(Shapes.Rows(linear, Rows, start, count), shape), y);
                return t.Read(y);
            }

            Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, pre, start, count));
            Oracle.BadRowsStayAlone(device, Rows, pre, (t, values) => Run(t, values, 0, Rows));
        }
    }

    [Theory, EveryDevice]
    public void WrongOperandsAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor x = t.Input(t.Normal(6), new Shape(2, 3));
        Tensor y = t.Output(new Shape(2, 3));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Activate((Activation)99, x, default, y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Activate(Activation.Relu, x, t.Input(t.Normal(6), new Shape(3, 2)), y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Activate(Activation.Relu, x, default, t.Output(new Shape(2, 4))));
        t.CheckSentinels();
    }
}
