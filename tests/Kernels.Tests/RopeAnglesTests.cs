namespace Weir.Kernels.Tests;

public sealed class RopeAnglesTests
{
    [Theory, EveryDevice]
    public void MatchesTheFormula(string device)
    {
        using var t = new TestTensors(device);
        foreach (float magnitude in new[] { 1f, 1.25f })
        {
            foreach (int pairs in new[] { 1, 3, 16, 37 })
            {
                int[] positions = [0, 1, 2, 97, 511, 4095, 131071];
                float[] frequencies = [.. Enumerable.Range(0, pairs).Select(i => (float)Math.Pow(10000, -i / (double)pairs))];
                var shape = new Shape(positions.Length, pairs);
                Tensor cos = t.Output(shape, strided: true);
                Tensor sin = t.Output(shape);
                t.Ops.RopeAngles(t.Input(positions), t.Input(frequencies), magnitude, cos, sin);
                double[] angles = [.. positions.SelectMany(p => frequencies.Select(f => (double)(p * f)))];
                Oracle.Within(Array.ConvertAll(angles, a => magnitude * Math.Cos(a)), t.Read(cos), 0, 2e-7, $"cos, {pairs} pairs");
                Oracle.Within(Array.ConvertAll(angles, a => magnitude * Math.Sin(a)), t.Read(sin), 0, 2e-7, $"sin, {pairs} pairs");
            }
        }
    }

    [Theory, EveryDevice]
    public void MinusOneIsNoRotation(string device)
    {
        using var t = new TestTensors(device);
        Tensor cos = t.Output(new Shape(3, 5));
        Tensor sin = t.Output(new Shape(3, 5));
        t.Ops.RopeAngles(t.Input(4, -1, 7), t.Input(1, 0.5f, 0.25f, 0.125f, 0.0625f), 2, cos, sin);
        Assert.Equal([1f, 1, 1, 1, 1], t.Read(cos)[5..10]);
        Assert.Equal([0f, 0, 0, 0, 0], t.Read(sin)[5..10]);
        Assert.NotEqual(1, t.Read(cos)[0]);
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Pairs = 33;
        using var numbers = new TestTensors(device);
        int[] positions = numbers.Integers(Rows, 5000);
        float[] frequencies = numbers.Normal(Pairs);
        Oracle.RowsStandAlone(device, Rows, (t, start, count) =>
        {
            Tensor cos = t.Output(new Shape(count, Pairs));
            Tensor sin = t.Output(new Shape(count, Pairs));
            t.Ops.RopeAngles(t.Input(positions.AsSpan(start, count), new Shape(count)), t.Input(frequencies), 1, cos, sin);
            return [.. t.Read(cos).Chunk(Pairs).Zip(t.Read(sin).Chunk(Pairs), (c, s) => c.Concat(s)).SelectMany(row => row)];
        });
    }

    [Theory, EveryDevice]
    public void WrongShapesAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor cos = t.Output(new Shape(2, 3));
        Tensor sin = t.Output(new Shape(2, 3));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.RopeAngles(t.Input(0, 1, 2), t.Input(1, 2, 3f), 1, cos, sin));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.RopeAngles(t.Input(0, 1), t.Input(1, 2f), 1, cos, sin));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.RopeAngles(t.Input(0, 1), t.Input(1, 2, 3f), 1, cos, t.Output(new Shape(2, 4))));
        t.CheckSentinels();
    }
}
