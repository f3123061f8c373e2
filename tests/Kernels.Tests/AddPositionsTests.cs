namespace Weir.Kernels.Tests;

public sealed class AddPositionsTests
{
    [Theory, EveryDevice]
    public void AddsTheRowOfThePosition(string device)
    {
        using var t = new TestTensors(device);
        foreach (int offset in new[] { 0, 2 })
        {
            foreach ((int rows, int width, bool strided) in Shapes.Small())
            {
                float[] y = t.Normal(rows * width);
                float[] table = t.Normal(13 * width);
                int[] positions = t.Integers(rows, 13 - offset);
                Tensor inOut = t.InOut(y, new Shape(rows, width), strided);
                t.Ops.AddPositions(inOut, t.Input(positions), t.Input(table, new Shape(13, width), !strided), offset, inOut);
                float[] expected = [.. y.Select((v, i) => v + table[((positions[i / width] + offset) * width) + (i % width)])];
                Oracle.SameBits(expected, t.Read(inOut), $"{rows} x {width}, offset {offset}, strided {strided}");
            }
        }
    }

    [Theory, EveryDevice]
    public void TheSumCanGoElsewhere(string device)
    {
        using var t = new TestTensors(device);
        float[] x = t.Normal(3 * 17);
        float[] table = t.Normal(5 * 17);
        Tensor y = t.Output(new Shape(3, 17), strided: true);
        t.Ops.AddPositions(t.Input(x, new Shape(3, 17)), t.Input(4, 0, 2), t.Input(table, new Shape(5, 17)), 0, y);
        int[] positions = [4, 0, 2];
        Oracle.SameBits([.. x.Select((v, i) => v + table[(positions[i / 17] * 17) + (i % 17)])], t.Read(y), "the sum");
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] y = numbers.Normal(Rows * Width);
        float[] table = numbers.Normal(101 * Width);
        int[] positions = numbers.Integers(Rows, 101);
        float[] Run(TestTensors t, float[] values, int start, int count)
        {
            Tensor inOut = t.InOut(Shapes.Rows(values, Rows, start, count), new Shape(count, Width), strided: true);
            t.Ops.AddPositions(inOut, t.Input(positions.AsSpan(start, count), new Shape(count)), t.Input(table, new Shape(101, Width)), 0, inOut);
            return t.Read(inOut);
        }

        Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, y, start, count));
        Oracle.BadRowsStayAlone(device, Rows, y, (t, values) => Run(t, values, 0, Rows));
    }

    [Theory, EveryDevice]
    public void PositionsOutsideTheTableAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor table = t.Input(t.Normal(20), new Shape(5, 4));
        Tensor y = t.InOut(t.Normal(8), new Shape(2, 4));
        Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.AddPositions(y, t.Input(0, 5), table, 0, y)));
        Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.AddPositions(y, t.Input(0, 3), table, 2, y)));
        Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.AddPositions(y, t.Input(0, -1), table, 0, y)));
        Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.AddPositions(y, t.Input(0, int.MaxValue), table, 2, y)));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.AddPositions(y, t.Input(0), table, 0, y));
        t.CheckSentinels();
    }
}
