namespace Weir.Kernels.Tests;

/// <summary>Rows and columns of a matrix read and written in place, as stored.</summary>
public sealed class WeightLinesTests
{
    [Theory]
    [EveryDevice]
    public void ALineIsReadAsStoredAndWrittenWithoutTouchingAnother(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int inputs, int outputs) in new[] { (1, 1), (9, 31), (8, 33), (97, 70) })
        {
            foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.BF16, ElementType.F16])
            {
                float[] w = TestWeights.Round(t.Normal(outputs * inputs, 1e-3), type);
                using WeightMatrix matrix = TestWeights.Load(t.Device, w, outputs, inputs, type);
                int row = outputs - 1, column = inputs / 2;
                byte[] oldRow = new byte[inputs * type.Size()], oldColumn = new byte[outputs * type.Size()];
                matrix.ReadRow(row, oldRow);
                matrix.ReadColumn(column, oldColumn);
                Oracle.SameBits(w.AsSpan(row * inputs), Widen(oldRow, type), $"{device}, {type}: row");
                Oracle.SameBits([.. Enumerable.Range(0, outputs).Select(o => w[(o * inputs) + column])], Widen(oldColumn, type), $"{device}, {type}: column");

                float[] newRow = TestWeights.Round(t.Normal(inputs), type), newColumn = TestWeights.Round(t.Normal(outputs), type);
                matrix.WriteRow(row, Narrow(newRow, type));
                matrix.WriteColumn(column, Narrow(newColumn, type));
                float[] expected = [.. w];
                newRow.CopyTo(expected, row * inputs);
                for (int o = 0; o < outputs; o++)
                {
                    expected[(o * inputs) + column] = newColumn[o];
                }

                Oracle.SameBits(expected, All(t, matrix), $"{device}, {type}: written");
                matrix.WriteColumn(column, oldColumn);
                matrix.WriteRow(row, oldRow);
                Oracle.SameBits(w, All(t, matrix), $"{device}, {type}: put back");
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void LinesOutsideTheMatrixAndOfAnotherLengthAreErrors(string device)
    {
        using var t = new TestTensors(device);
        using WeightMatrix matrix = TestWeights.Load(t.Device, t.Normal(12), 3, 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.ReadRow(3, new byte[16]));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.WriteColumn(-1, new byte[12]));
        Assert.Throws<ArgumentException>(() => matrix.WriteRow(0, new byte[12]));
        Assert.Throws<ArgumentException>(() => matrix.ReadColumn(0, new byte[16]));
    }

    // Every weight, as the ops see it.
    private static float[] All(TestTensors t, WeightMatrix matrix)
    {
        Tensor y = t.Output(new Shape(matrix.Inputs, matrix.Outputs));
        t.Ops.WeightColumns(matrix, 0, y);
        float[] columns = t.Read(y);
        return [.. Enumerable.Range(0, columns.Length).Select(i => columns[(i % matrix.Inputs * matrix.Outputs) + (i / matrix.Inputs)])];
    }

    private static float[] Widen(byte[] bits, ElementType type)
    {
        float[] values = new float[bits.Length / type.Size()];
        type.Widen(bits, values);
        return values;
    }

    private static byte[] Narrow(float[] values, ElementType type)
    {
        byte[] bits = new byte[values.Length * type.Size()];
        type.Narrow(values, bits);
        return bits;
    }
}
