namespace Weir.Kernels.Tests;

public sealed class CopyTests
{
    [Theory, EveryDevice]
    public void KeepsEveryBitAndCountsTheBytes(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small())
        {
            float[] x = t.Normal(rows * width);
            if (x.Length > 2)
            {
                x[0] = -0f;
                x[1] = float.NegativeInfinity;
                x[2] = float.NaN;
            }

            Tensor input = t.Input(x, new Shape(rows, width), strided);
            Tensor y = t.Output(new Shape(rows, width), !strided);
            long before = t.Device.Counters.BytesCopied;
            t.Ops.Copy(input, y);
            Assert.Equal(before + (rows * width * 4), t.Device.Counters.BytesCopied);
            Assert.Equal(Bits(x), Bits(t.Read(y)));
        }
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 131, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] x = numbers.Normal(Rows * Width);
        Oracle.RowsStandAlone(device, Rows, (t, start, count) =>
        {
            Tensor y = t.Output(new Shape(count, Width), strided: true);
            t.Ops.Copy(t.Input(Shapes.Rows(x, Rows, start, count), new Shape(count, Width)), y);
            return t.Read(y);
        });
    }

    [Theory, EveryDevice]
    public void WrongShapesAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor x = t.Input(t.Normal(12), new Shape(3, 4));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Copy(x, t.Output(new Shape(2, 4))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Copy(x, t.Output(new Shape(3, 3))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Copy(t.Input(1, 2, 3), t.Output(new Shape(3))));
        t.CheckSentinels();
    }

    private static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);
}
