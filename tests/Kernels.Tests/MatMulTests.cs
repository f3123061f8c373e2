using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>
/// A product in f32 has the bits of one chain of fused multiply-adds per element, at every width, thread count, stored type
/// and blocking, one in 16 bits those of its row alone (<see cref="Products"/>); what is fused behind it gives the bits of
/// the separate ops.
/// </summary>
public sealed class MatMulTests
{
    private static readonly ElementType[] Types = [ElementType.F32, ElementType.BF16, ElementType.F16];

    [Theory]
    [EveryDevice]
    public void MatchesTheSum(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int inputs, int outputs) in new[]
        {
            (1, 1, 1), (2, 7, 31), (13, 31, 32), (14, 64, 33), (15, 97, 100), (29, 768, 1), (5, 8, 65), (1, 768, 100),
            (3, 4099, 35), (1, 5000, 33), (43, 130, 96), (150, 200, 270), (0, 5, 6), (4, 0, 7),
        })
        {
            foreach (ElementType type in Types)
            {
                float[] w = TestWeights.Round(t.Normal(outputs * inputs), type), x = t.Normal(rows * inputs);
                using WeightMatrix matrix = TestWeights.Load(t.Device, w, outputs, inputs, type);
                foreach (bool strided in (bool[])[false, true])
                {
                    Tensor y = t.Output(new Shape(rows, outputs), strided);
                    t.Ops.MatMul(t.Input(x, new Shape(rows, inputs), strided), matrix, y);
                    Products.Verify(t, type, x, w, rows, inputs, outputs, t.Read(y), $"{type} {rows} x {inputs} x {outputs}, strided {strided}");
                }
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void LayoutInTheFileDoesNotMatter(string device)
    {
        using var t = new TestTensors(device);
        const int Rows = 4, Inputs = 75;
        foreach (int[] parts in (int[][])[[80], [33], [16, 16], [80, 80, 80, 80], [5, 64, 31], [1], [256, 32]])
        {
            int outputs = parts.Sum();
            float[] raw = t.Normal(outputs * Inputs), x = t.Normal(Rows * Inputs);
            foreach (ElementType type in Types)
            {
                float[] w = TestWeights.Round(raw, type);
                foreach (bool transposed in (bool[])[false, true])
                {
                    using WeightMatrix matrix = TestWeights.Load(t.Device, w, outputs, Inputs, type, transposed, parts);
                    Tensor y = t.Output(new Shape(Rows, outputs));
                    t.Ops.MatMul(t.Input(x, new Shape(Rows, Inputs)), matrix, y);
                    Products.Verify(t, type, x, w, Rows, Inputs, outputs, t.Read(y), $"{type}, parts {string.Join('+', parts)}, transposed {transposed}");
                }
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void FusedStepsGiveTheBitsOfSeparateOnes(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int inputs, int outputs, ElementType type) in new[]
        {
            (1, 9, 33, ElementType.F32), (15, 64, 50, ElementType.F32), (7, 4100, 64, ElementType.F32), (31, 24, 128, ElementType.F32),
            (1, 9, 33, ElementType.BF16), (31, 24, 128, ElementType.F16),
        })
        {
            float[] w = t.Normal(outputs * inputs), x = t.Normal(rows * inputs);
            Tensor bias = t.Input(t.Normal(outputs)), residual = t.Input(t.Normal(rows * outputs), new Shape(rows, outputs), strided: true);
            Tensor rowsOfBias = t.Output(new Shape(rows, outputs)), input = t.Input(x, new Shape(rows, inputs));
            for (int row = 0; row < rows; row++)
            {
                t.Ops.Copy(bias.Reshape(1, outputs), rowsOfBias.RowRange(row, 1));
            }

            using WeightMatrix matrix = TestWeights.Load(t.Device, w, outputs, inputs, type);
            Activation[] activations = inputs < 1000 ? Enum.GetValues<Activation>() : [Activation.Silu];
            foreach (Activation? activation in (Activation?[])[null, .. activations])
            {
                for (int which = 0; which < 4; which++)
                {
                    bool hasBias = (which & 1) != 0, hasResidual = (which & 2) != 0;
                    Tensor expected = t.Output(new Shape(rows, outputs)), y = t.Output(new Shape(rows, outputs), strided: true);
                    t.Ops.MatMul(input, matrix, expected);
                    if (hasBias)
                    {
                        t.Ops.Add(expected, rowsOfBias, expected);
                    }

                    if (activation is { } f)
                    {
                        t.Ops.Activate(f, expected, default, expected);
                    }

                    if (hasResidual)
                    {
                        t.Ops.Add(residual, expected, expected);
                    }

                    t.Ops.MatMul(input, matrix, y, new MatMulOptions
                    {
                        Bias = hasBias ? bias : default,
                        Activation = activation,
                        Residual = hasResidual ? residual : default,
                    });
                    Oracle.SameBits(t.Read(expected), t.Read(y), $"{device}, {type} {rows} x {inputs} x {outputs}, {activation}, bias {hasBias}, residual {hasResidual}");
                }
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void ResidualMayBeTheResult(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int inputs, int outputs) in new[] { (1, 9, 33), (17, 4100, 64) })
        {
            float[] w = t.Normal(outputs * inputs), r = t.Normal(rows * outputs);
            using WeightMatrix matrix = TestWeights.Load(t.Device, w, outputs, inputs);
            Tensor x = t.Input(t.Normal(rows * inputs), new Shape(rows, inputs));
            Tensor y = t.Output(new Shape(rows, outputs)), both = t.InOut(r, new Shape(rows, outputs));
            t.Ops.MatMul(x, matrix, y, new MatMulOptions { Residual = t.Input(r, new Shape(rows, outputs)) });
            t.Ops.MatMul(x, matrix, both, new MatMulOptions { Residual = both });
            Oracle.SameBits(t.Read(y), t.Read(both), device);
        }
    }

    [Theory]
    [EveryDevice]
    public void SomeInputsOnly(string device)
    {
        using var t = new TestTensors(device);
        const int Rows = 15, Inputs = 70, Outputs = 40;
        foreach (ElementType type in Types)
        {
            float[] w = TestWeights.Round(t.Normal(Outputs * Inputs), type);
            using WeightMatrix matrix = TestWeights.Load(t.Device, w, Outputs, Inputs, type);
            foreach ((int offset, int count) in new[] { (0, 5), (13, 32), (24, 33), (69, 1), (0, 70) })
            {
                float[] x = t.Normal(Rows * count);
                float[] some = [.. Enumerable.Range(0, Outputs * count).Select(i => w[(i / count * Inputs) + offset + (i % count)])];
                Tensor y = t.Output(new Shape(Rows, Outputs));
                t.Ops.MatMul(t.Input(x, new Shape(Rows, count)), matrix, y, new MatMulOptions { InputOffset = offset });
                Products.Verify(t, type, x, some, Rows, count, Outputs, t.Read(y), $"{type}, inputs {offset} + {count}");
            }
        }
    }

    /// <summary>Rows that lie at multiples of 16 bytes are read and written in other ways than those that do not.</summary>
    [Theory]
    [EveryDevice]
    public void AlignmentDoesNotMatter(string device)
    {
        foreach ((int rows, int inputs, int outputs) in new[] { (1, 96, 100), (15, 75, 101), (43, 96, 100), (150, 68, 272) })
        {
            foreach (ElementType type in Types)
            {
                float[] Run(bool aligned)
                {
                    using var t = new TestTensors(device, aligned: aligned);
                    using WeightMatrix matrix = TestWeights.Load(t.Device, t.Normal(outputs * inputs), outputs, inputs, type);
                    Tensor y = t.Output(new Shape(rows, outputs), strided: true);
                    Tensor x = t.Input(t.Normal(rows * inputs), new Shape(rows, inputs), strided: true);
                    t.Ops.MatMul(x, matrix, y, new MatMulOptions
                    {
                        Bias = t.Input(t.Normal(outputs)),
                        Activation = Activation.GeluErf,
                        Residual = t.Input(t.Normal(rows * outputs), new Shape(rows, outputs), strided: true),
                    });
                    return t.Read(y);
                }

                Oracle.SameBits(Run(aligned: false), Run(aligned: true), $"{device}, {type} {rows} x {inputs} x {outputs}");
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void ARowDependsOnNothingElse(string device)
    {
        foreach (ElementType type in Types)
        {
            const int Rows = 97, Outputs = 70;
            int inputs = device.StartsWith("cpu-", StringComparison.Ordinal) ? 1700 : 700; // More than a slice of either.
            float[] x, w;
            using (var t = new TestTensors(device))
            {
                x = t.Normal(Rows * inputs);
                w = t.Normal(Outputs * inputs);
            }

            float[] Run(TestTensors t, float[] input, int start, int count)
            {
                using WeightMatrix matrix = TestWeights.Load(t.Device, w, Outputs, inputs, type);
                Tensor y = t.Output(new Shape(count, Outputs));
                t.Ops.MatMul(t.Input(Shapes.Rows(input, Rows, start, count), new Shape(count, inputs)), matrix, y, new MatMulOptions { Activation = Activation.GeluTanh });
                return t.Read(y);
            }

            Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, x, start, count), bound: 2 * Products.SumError * inputs);
            Oracle.BadRowsStayAlone(device, Rows, x, (t, input) => Run(t, input, 0, Rows));
        }
    }

    /// <summary>More rows than one pass packs.</summary>
    [Theory]
    [EveryDevice]
    public void ManyRows(string device)
    {
        using var t = new TestTensors(device);
        const int Rows = 300, Outputs = 33;
        int inputs = device.StartsWith("cpu-", StringComparison.Ordinal) ? 14000 : 300; // Of a GPU's kernels none packs.
        float[] w = t.Normal(Outputs * inputs), x = t.Normal(Rows * inputs);
        using WeightMatrix matrix = TestWeights.Load(t.Device, w, Outputs, inputs);
        Tensor y = t.Output(new Shape(Rows, Outputs)), input = t.Input(x, new Shape(Rows, inputs));
        t.Ops.MatMul(input, matrix, y);
        float[] all = t.Read(y);
        foreach (int row in (int[])[0, 111, 112, 149, 150, 200, 299])
        {
            Products.Verify(t, ElementType.F32, x[(row * inputs)..], w, 1, inputs, Outputs, all.AsSpan(row * Outputs, Outputs), $"row {row}");
        }
    }

    /// <summary>More tiles than a block makes at once, in more groups than one.</summary>
    [Theory]
    [EveryDevice]
    public void ManyTiles(string device)
    {
        using var t = new TestTensors(device);
        const int Rows = 2100, Inputs = 70, Outputs = 300;
        float[] w = TestWeights.Round(t.Normal(Outputs * Inputs), ElementType.BF16), x = t.Normal(Rows * Inputs);
        using WeightMatrix matrix = TestWeights.Load(t.Device, w, Outputs, Inputs, ElementType.BF16);
        Tensor y = t.Output(new Shape(Rows, Outputs));
        t.Ops.MatMul(t.Input(x, new Shape(Rows, Inputs)), matrix, y);
        float[] all = t.Read(y);
        Assert.DoesNotContain(all, float.IsNaN);
        for (int row = 0; row < Rows; row += 63)
        {
            Products.Verify(t, ElementType.BF16, x[(row * Inputs)..], w, 1, Inputs, Outputs, all.AsSpan(row * Outputs, Outputs), $"row {row}");
        }
    }

    [Theory]
    [EveryDevice]
    public void WorkIsCounted(string device)
    {
        using var t = new TestTensors(device);
        using WeightMatrix matrix = TestWeights.Load(t.Device, t.Normal(35), 5, 7);
        Tensor x = t.Input(t.Normal(21), new Shape(3, 7)), y = t.Output(new Shape(3, 5));
        long ops = t.Device.Counters.Ops, flops = t.Device.Counters.Flops;
        t.Ops.MatMul(x, matrix, y);
        Assert.Equal(ops + 1, t.Device.Counters.Ops);
        Assert.Equal(flops + (2 * 3 * 7 * 5), t.Device.Counters.Flops);
    }

    [Theory]
    [EveryDevice]
    public void WrongShapesAreErrors(string device)
    {
        using var t = new TestTensors(device);
        using WeightMatrix matrix = TestWeights.Load(t.Device, t.Normal(35), 5, 7);
        Tensor x = t.Input(t.Normal(21), new Shape(3, 7)), y = t.Output(new Shape(3, 5));
        Assert.Throws<ArgumentException>(() => t.Ops.MatMul(x, matrix, t.Output(new Shape(3, 6))));
        Assert.Throws<ArgumentException>(() => t.Ops.MatMul(x, matrix, t.Output(new Shape(2, 5))));
        Assert.Throws<ArgumentException>(() => t.Ops.MatMul(t.Input(t.Normal(24), new Shape(3, 8)), matrix, y));
        Assert.Throws<ArgumentException>(() => t.Ops.MatMul(x, matrix, y, new MatMulOptions { InputOffset = 1 }));
        Assert.Throws<ArgumentException>(() => t.Ops.MatMul(x, matrix, y, new MatMulOptions { Bias = t.Input(t.Normal(6)) }));
        Assert.Throws<ArgumentException>(() => t.Ops.MatMul(x, matrix, y, new MatMulOptions { Residual = t.Input(t.Normal(10), new Shape(2, 5)) }));
        t.CheckSentinels();
    }
}
