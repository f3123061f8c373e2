using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

public sealed class EditTests
{
    private static readonly int[] Some = [4, 0, 3];

    [Theory, EveryDevice]
    public void EveryKindMatchesItsFormulaAndLeavesOtherRows(string device)
    {
        using var t = new TestTensors(device);
        foreach (EditKind kind in Enum.GetValues<EditKind>())
        {
            foreach (int width in new[] { 1, 3, 17, 97, 768, 1025 })
            {
                Verify(t, kind, width, shared: true);
                Verify(t, kind, width, shared: false);
            }
        }
    }

    [Theory, EveryDevice]
    public void WhatChangesNothingChangesNoBit(string device)
    {
        using var t = new TestTensors(device);
        float[] x = [-0f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1e-40f, float.MaxValue, 0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        var shape = new Shape(1, x.Length);
        float[] hostile = [float.PositiveInfinity, float.NaN, .. Enumerable.Repeat(float.MaxValue, x.Length - 2)];
        Tensor rows = t.Input(0);
        Tensor zero = t.Input(0f);
        Tensor v = t.Input(hostile);
        Tensor y = t.InOut(x, shape);

        t.Ops.Edit(EditKind.Add, y, rows, zero, v);
        Oracle.SameBits(x, t.Read(y), "x + 0 v");
        t.Ops.Edit(EditKind.Add, y, rows, t.Input(-0f), v);
        Oracle.SameBits(x, t.Read(y), "x - 0 v");
        t.Ops.Edit(EditKind.Scale, y, rows, t.Input(1f), default);
        Oracle.SameBits(x, t.Read(y), "1 x");
        t.Ops.Edit(EditKind.ProjectOut, y, rows, zero, v);
        Oracle.SameBits(x, t.Read(y), "0 of the projection");
        t.Ops.Edit(EditKind.ProjectOut, y, rows, t.Input(1f), t.Input(new float[x.Length]));
        Oracle.SameBits(x, t.Read(y), "projection along nothing");
        t.Ops.Edit(EditKind.Zero, y, t.Input([], new Shape(0)), default, default);
        Oracle.SameBits(x, t.Read(y), "no rows");
    }

    [Theory, EveryDevice]
    public void NothingIsLeftAlongAProjectedDirection(string device)
    {
        using var t = new TestTensors(device);
        const int Width = 1025;
        float[] v = t.Normal(Width);
        float[] x = t.Normal(2 * Width, deviation: 10, mean: 5);
        Tensor y = t.InOut(x, new Shape(2, Width), strided: true);
        t.Ops.Edit(EditKind.ProjectOut, y, t.Input(0, 1), t.Input(1f, 1f), t.Input(v));
        foreach (float[] row in t.Read(y).Chunk(Width))
        {
            double left = row.Zip(v, (p, q) => (double)p * q).Sum();
            Assert.True(Math.Abs(left) < 1e-6 * 10 * Width, $"{left} is left.");
        }
    }

    [Theory, EveryDevice]
    public void OneColumnOfAStateCanBeEdited(string device)
    {
        using var t = new TestTensors(device);
        float[] x = t.Normal(5 * 7);
        Tensor state = t.InOut(x, new Shape(5, 7), strided: true);
        t.Ops.Edit(EditKind.Scale, state.Columns(3, 1), t.Input(1, 4), t.Input(2f, 0.5f), default);
        x[(1 * 7) + 3] *= 2;
        x[(4 * 7) + 3] *= 0.5f;
        Oracle.SameBits(x, t.Read(state), "one column");
    }

    [Theory, EveryDevice]
    public void RowsStandAlone(string device)
    {
        const int Rows = 97, Width = 1025;
        using var numbers = new TestTensors(device);
        float[] x = numbers.Normal(Rows * Width);
        float[] v = numbers.Normal(Rows * Width);
        float[] c = numbers.Normal(Rows);
        foreach (EditKind kind in new[] { EditKind.Add, EditKind.Scale, EditKind.ProjectOut, EditKind.Replace })
        {
            float[] Run(TestTensors t, float[] values, int start, int count)
            {
                var shape = new Shape(count, Width);
                Tensor y = t.InOut(Shapes.Rows(values, Rows, start, count), shape, strided: true);
                int[] all = [.. Enumerable.Range(0, count).Reverse()];
                float[] coefficients = [.. c[start..(start + count)].Reverse()];
                float[] operands = [.. all.SelectMany(i => v[((start + i) * Width)..((start + i + 1) * Width)])];
                t.Ops.Edit(kind, y, t.Input(all), kind == EditKind.Replace ? default : t.Input(coefficients), kind == EditKind.Scale ? default : t.Input(operands, shape));
                return t.Read(y);
            }

            Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, x, start, count));
            Oracle.BadRowsStayAlone(device, Rows, x, (t, values) => Run(t, values, 0, Rows));
        }
    }

    [Theory, EveryDevice]
    public void WrongOperandsAreErrors(string device)
    {
        using var t = new TestTensors(device);
        Tensor y = t.InOut(t.Normal(15), new Shape(5, 3));
        Tensor rows = t.Input(1, 3);
        Tensor c = t.Input(1f, 2f);
        Tensor v = t.Input(1f, 2f, 3f);
        Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.Edit(EditKind.Add, y, t.Input(1, 5), c, v)));
        Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.Edit(EditKind.Add, y, t.Input(-1, 1), c, v)));
        Assert.ThrowsAny<ArgumentException>(() => t.Finish(() => t.Ops.Edit(EditKind.Add, y, t.Input(3, 3), c, v)));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit(EditKind.Add, y, rows, t.Input(1f), v));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit(EditKind.Add, y, rows, default, v));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit(EditKind.Add, y, rows, c, default));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit(EditKind.Add, y, rows, c, t.Input(1f, 2f)));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit(EditKind.Add, y, rows, c, t.Input(t.Normal(9), new Shape(3, 3))));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit(EditKind.Scale, y, rows, c, v));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit(EditKind.Zero, y, rows, c, default));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit(EditKind.Replace, y, rows, c, v));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit(EditKind.Clamp, y, rows, default, v));
        Assert.ThrowsAny<ArgumentException>(() => t.Ops.Edit((EditKind)99, y, rows, default, default));
        t.CheckSentinels();
        Assert.DoesNotContain(t.Read(y), float.IsNaN);
    }

    private static void Verify(TestTensors t, EditKind kind, int width, bool shared)
    {
        float[] x = t.Normal(5 * width, deviation: 2);
        float[] c = [0.75f, -2.5f, 1];
        float[] v = kind == EditKind.Clamp ? [-0.5f, 1.25f] : t.Normal((shared ? 1 : Some.Length) * width);
        double[] expected = Array.ConvertAll(x, w => (double)w);
        for (int i = 0; i < Some.Length; i++)
        {
            Span<double> row = expected.AsSpan(Some[i] * width, width);
            double[] operand = [.. v.Skip(shared || kind == EditKind.Clamp ? 0 : i * width).Take(kind == EditKind.Clamp ? 2 : width).Select(w => (double)w)];
            double dot = 0;
            double square = 0;
            for (int j = 0; j < width && kind == EditKind.ProjectOut; j++)
            {
                dot += row[j] * operand[j];
                square += operand[j] * operand[j];
            }

            for (int j = 0; j < width; j++)
            {
                row[j] = kind switch
                {
                    EditKind.Add => row[j] + (c[i] * operand[j]),
                    EditKind.Scale => c[i] * row[j],
                    EditKind.Zero => 0,
                    EditKind.Replace => operand[j],
                    EditKind.ProjectOut => row[j] - (c[i] * (dot / square) * operand[j]),
                    _ => Math.Clamp(row[j], operand[0], operand[1]),
                };
            }
        }

        bool hasCoefficients = kind is EditKind.Add or EditKind.Scale or EditKind.ProjectOut;
        bool hasOperand = kind is not (EditKind.Scale or EditKind.Zero);
        Shape operandShape = kind == EditKind.Clamp ? new Shape(2) : shared ? new Shape(width) : new Shape(Some.Length, width);
        Tensor y = t.InOut(x, new Shape(5, width), strided: !shared);
        t.Ops.Edit(kind, y, t.Input(Some), hasCoefficients ? t.Input(c) : default, hasOperand ? t.Input(v, operandShape, strided: !shared && kind != EditKind.Clamp) : default);
        float[] actual = t.Read(y);
        Oracle.Within(expected, actual, kind == EditKind.ProjectOut ? 2e-6 : 2e-7, 1.2e-7, $"{kind}, width {width}, shared {shared}");
        foreach (int other in new[] { 1, 2 })
        {
            Oracle.SameBits(x.AsSpan(other * width, width), actual.AsSpan(other * width, width), $"{kind}, row {other}, which is not edited");
        }
    }
}
