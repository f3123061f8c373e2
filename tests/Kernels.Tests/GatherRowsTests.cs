namespace Weir.Kernels.Tests;

public sealed class GatherRowsTests
{
    [Theory, EveryDevice]
    public void TakesTheRowsAskedFor(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, bool strided) in Shapes.Small().Where(s => s.Rows > 0))
        {
            float[] x = t.Normal(rows * width);
            int[] indices = t.Integers(11, rows);
            Tensor y = t.Output(new Shape(11, width), !strided);
            t.Ops.GatherRows(t.Input(x, new Shape(rows, width), strided), t.Input(indices), y);
            float[] expected = [.. indices.SelectMany(i => x.AsSpan(i * width, width).ToArray())];
            Oracle.SameBits(expected, t.Read(y), $"{rows} x {width}, strided {strided}");
        }
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 131, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] x = numbers.Normal(17 * Width);
        int[] indices = numbers.Integers(Rows, 17);
        Oracle.RowsStandAlone(device, Rows, (t, start, count) =>
        {
            Tensor y = t.Output(new Shape(count, Width), strided: true);
            t.Ops.GatherRows(t.Input(x, new Shape(17, Width), strided: true), t.Input(indices.AsSpan(start, count), new Shape(count)), y);
            return t.Read(y);
        });
    }

    [Theory, EveryDevice]
    public void RowsThatAreNotThereAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor x = t.Input(t.Normal(12), new Shape(3, 4));
        Tensor y = t.Output(new Shape(2, 4));
        Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.GatherRows(x, t.Input(0, 3), y)));
        Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.GatherRows(x, t.Input(-1, 0), y)));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.GatherRows(x, t.Input(0, 1, 2), y));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.GatherRows(x, t.Input(0, 1), t.Output(new Shape(2, 3))));
        t.CheckSentinels();
    }
}
