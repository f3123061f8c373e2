namespace Weir.Kernels.Tests;

/// <summary>Rows of a table, as stored and scaled.</summary>
public sealed class EmbedTests
{
    [Theory]
    [EveryDevice]
    public void RowsAreTheStoredOnes(string device)
    {
        foreach (bool aligned in (bool[])[false, true])
        {
            using var t = new TestTensors(device, aligned: aligned);
            Verify(t);
        }
    }

    private static void Verify(TestTensors t)
    {
        foreach ((int rows, int width, int table) in new[] { (1, 1, 1), (3, 31, 33), (19, 97, 100), (40, 768, 65), (0, 4, 5) })
        {
            foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.BF16, ElementType.F16])
            {
                float[] w = TestWeights.Round(t.Normal(table * width, 1e-3), type);
                using WeightMatrix matrix = TestWeights.Load(t.Device, w, table, width, type);
                foreach (float scale in (float[])[1f, 5.65685424949f])
                {
                    int[] ids = t.Integers(rows, table);
                    Tensor y = t.Output(new Shape(rows, width), strided: true);
                    t.Ops.Embed(t.Input(ids, new Shape(rows)), matrix, scale, y);
                    float[] expected = [.. ids.SelectMany(id => w[(id * width)..((id + 1) * width)].Select(v => scale * v))];
                    Oracle.SameBits(expected, t.Read(y), $"{t.Name}, {type}, {rows} of {table} rows of {width}, scale {scale}");
                }
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void AnIdOutsideTheTableIsAnError(string device)
    {
        using var t = new TestTensors(device);
        using WeightMatrix matrix = TestWeights.Load(t.Device, t.Normal(12), 3, 4);
        Tensor y = t.Output(new Shape(2, 4));
        foreach (int[] ids in (int[][])[[0, 3], [-1, 0], [int.MinValue, int.MaxValue]])
        {
            Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.Embed(t.Input(ids), matrix, 1, y)));
        }

        t.CheckSentinels();
    }
}
