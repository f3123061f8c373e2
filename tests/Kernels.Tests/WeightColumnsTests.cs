namespace Weir.Kernels.Tests;

/// <summary>Input features of a matrix as rows.</summary>
public sealed class WeightColumnsTests
{
    [Theory]
    [EveryDevice]
    public void ColumnsAreTheStoredOnes(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int start, int rows, int inputs, int outputs) in new[] { (0, 1, 1, 1), (3, 5, 9, 31), (0, 8, 8, 33), (50, 47, 97, 300), (2, 0, 3, 4) })
        {
            foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.BF16, ElementType.F16])
            {
                float[] w = TestWeights.Round(t.Normal(outputs * inputs, 1e-3), type);
                using WeightMatrix matrix = TestWeights.Load(t.Device, w, outputs, inputs, type);
                Tensor y = t.Output(new Shape(rows, outputs), strided: true);
                t.Ops.WeightColumns(matrix, start, y);
                float[] expected = [.. Enumerable.Range(0, rows * outputs).Select(i => w[(i % outputs * inputs) + start + (i / outputs)])];
                Oracle.SameBits(expected, t.Read(y), $"{device}, {type}, {start} + {rows} of [{outputs}, {inputs}]");
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void ColumnsOutsideTheMatrixAreAnError(string device)
    {
        using var t = new TestTensors(device);
        using WeightMatrix matrix = TestWeights.Load(t.Device, t.Normal(12), 3, 4);
        Assert.Throws<ArgumentException>(() => t.Ops.WeightColumns(matrix, 3, t.Output(new Shape(2, 3))));
        Assert.Throws<ArgumentException>(() => t.Ops.WeightColumns(matrix, -1, t.Output(new Shape(2, 3))));
        Assert.Throws<ArgumentException>(() => t.Ops.WeightColumns(matrix, 0, t.Output(new Shape(2, 4))));
        t.CheckSentinels();
    }
}
