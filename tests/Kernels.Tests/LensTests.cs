using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>
/// Statistics against f64 sums in two passes over logits that the separate ops give; ids, ranks and ties exactly.
/// </summary>
public sealed class LensTests
{
    /// <summary>Devices may have other bodies for 16-bit weights.</summary>
    private static readonly ElementType[] Types = [ElementType.F32, ElementType.BF16];

    [Theory]
    [EveryDevice]
    public void StatisticsAreThoseOfTheLogits(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int rows, int width, int vocabulary, ElementType type) in new[]
        {
            (1, 1, 1, ElementType.F32), (2, 7, 31, ElementType.F32), (13, 31, 33, ElementType.BF16), (5, 64, 1024, ElementType.F16),
            (15, 97, 1025, ElementType.F32), (29, 16, 3000, ElementType.BF16), (3, 5, 50257, ElementType.F32),
            (2, 4, 50304, ElementType.F16), (2, 3, 128256, ElementType.BF16),
        })
        {
            using var lens = new LensCase(t, rows, width, vocabulary, type);
            lens.Check($"{device}, {type} {rows} x {width} x {vocabulary}");
        }
    }

    [Theory]
    [EveryDevice]
    public void BiasCapAndTemperatureComeFirst(string device)
    {
        using var t = new TestTensors(device);
        for (int which = 0; which < 16; which++)
        {
            using var lens = new LensCase(t, 7, 33, 1100, Types[which >> 3])
            {
                Bias = (which & 1) != 0 ? t.Normal(1100) : null,
                Softcap = (which & 2) != 0 ? 2.5f : 0,
                Temperature = (which & 4) != 0 ? 0.7f : 1,
            };
            lens.Check($"{device}, case {which}");
        }
    }

    /// <summary>Logits of 10,000 and more, where lse - S1 / S would have no digits left.</summary>
    [Theory]
    [EveryDevice]
    public void LargeLogitsKeepTheirDigits(string device)
    {
        using var t = new TestTensors(device);
        foreach ((float offset, ElementType type) in new[] { (2e4f, ElementType.F32), (-2e4f, ElementType.F32), (-2e4f, ElementType.BF16) })
        {
            float[] bias = t.Normal(2000);
            using var lens = new LensCase(t, 5, 16, 2000, type) { Bias = Array.ConvertAll(bias, b => b + offset) };
            lens.Check($"{device}, offset {offset}");
        }
    }

    /// <summary>Levels that rise from slice to slice and within them, further than exp reaches.</summary>
    [Theory]
    [EveryDevice]
    public void SteepLogits(string device)
    {
        using var t = new TestTensors(device);
        const int Vocabulary = 5000;
        foreach (float slope in (float[])[0.1f, -0.1f, 1f])
        {
            using var lens = new LensCase(t, 4, 8, Vocabulary, ElementType.F32)
            {
                Bias = [.. Enumerable.Range(0, Vocabulary).Select(i => i * slope)],
            };
            lens.Check($"{device}, slope {slope}");
        }
    }

    [Theory]
    [EveryDevice]
    public void MaskedTokensHaveNoProbability(string device)
    {
        using var t = new TestTensors(device);
        const int Vocabulary = 3333;
        foreach (ElementType type in Types)
        {
            using var lens = new LensCase(t, 6, 8, Vocabulary, type)
            {
                Bias = [.. Enumerable.Range(0, Vocabulary).Select(i => i < 1500 || i % 3 == 0 ? float.NegativeInfinity : 0)],
            };
            lens.Check($"{device}, {type}");
        }
    }

    [Theory]
    [EveryDevice]
    public void EqualLogitsGoByTheirIds(string device)
    {
        using var t = new TestTensors(device);
        foreach (int vocabulary in (int[])[40, 2100])
        {
            foreach ((int k, ElementType type) in new[] { (1, ElementType.F32), (5, ElementType.F32), (32, ElementType.F32), (40, ElementType.F32), (32, ElementType.BF16) })
            {
                using var lens = new LensCase(t, 9, 2, vocabulary, type, k) { Integral = true };
                lens.Check($"{device}, {type}, {k} of {vocabulary}");
            }
        }
    }

    [Theory]
    [EveryDevice]
    public void ManyOfThem(string device)
    {
        using var t = new TestTensors(device);
        foreach ((int vocabulary, int k, ElementType type) in new[] { (4000, 100, ElementType.F32), (4000, 100, ElementType.BF16), (1500, 1500, ElementType.F32) })
        {
            using var lens = new LensCase(t, 3, 8, vocabulary, type, k);
            lens.Check($"{device}, {type}, {k} of {vocabulary}");
        }
    }

    /// <summary>More rows than a block holds, and than a round; references in every arrangement.</summary>
    [Theory]
    [EveryDevice]
    public void AnyRowMayBeTheReference(string device)
    {
        using var t = new TestTensors(device);
        const int Rows = 2300;
        foreach (string arrangement in (string[])["self", "last", "first", "next", "layers", "random"])
        {
            int[] random = t.Integers(Rows, Rows);
            int[] references = [.. Enumerable.Range(0, Rows).Select(i => arrangement switch
            {
                "self" => i,
                "last" => Rows - 1,
                "first" => 0,
                "next" => (i + 1) % Rows,
                "layers" => (Rows - 100) + (i % 100),
                _ => random[i],
            })];
            using var lens = new LensCase(t, Rows, 3, 45, arrangement is "layers" or "next" ? ElementType.BF16 : ElementType.F32, k: 2) { References = references };
            lens.Check($"{device}, references {arrangement}");
        }
    }

    [Theory]
    [EveryDevice]
    public void TheDivergenceIsRightNearZeroAndZeroForEqualRows(string device)
    {
        using var t = new TestTensors(device);
        const int Width = 24, Vocabulary = 1500;
        float[] x = t.Normal(3 * Width);
        for (int i = 0; i < Width; i++)
        {
            x[Width + i] = x[i] + (1e-3f * x[(2 * Width) + i]);
            x[(2 * Width) + i] = x[i];
        }

        using var lens = new LensCase(t, 3, Width, Vocabulary, ElementType.F32) { States = x, References = [0, 0, 0] };
        lens.Check(device);
        float[] divergence = lens.Run().Divergence;
        Assert.Equal(0f, divergence[0]);
        Assert.Equal(0f, divergence[2]);
        Assert.InRange(divergence[1], 1e-6f, 1e-5f);
    }

    [Theory]
    [EveryDevice]
    public void ARowDependsOnNothingElse(string device)
    {
        foreach (ElementType type in Types)
        {
            RowsDependOnNothingElse(device, type);
        }
    }

    [Theory]
    [EveryDevice]
    public void AbsentResultsAreNotNeeded(string device)
    {
        using var t = new TestTensors(device);
        using WeightMatrix w = TestWeights.Load(t.Device, t.Normal(50 * 4), 50, 4);
        Tensor x = t.Input(t.Normal(12), new Shape(3, 4), strided: true), ids = t.Output(new Shape(3, 2), type: ElementType.I32);
        var plain = new LensArguments { States = x, Unembedding = w, Temperature = 1 };
        t.Ops.Lens(plain);
        t.Ops.Lens(plain with { TopIds = ids });
        Tensor entropy = t.Output(new Shape(3));
        t.Ops.Lens(plain with { Entropy = entropy });
        t.Ops.Lens(plain with { States = x.RowRange(1, 0), Entropy = entropy.RowRange(0, 0) });
        Assert.All(t.Read(entropy), e => Assert.InRange(e, 0, 4));
        Assert.All(t.ReadInts(ids), id => Assert.InRange(id, 0, 49));
    }

    [Theory]
    [EveryDevice]
    public void WrongOperandsAreErrors(string device)
    {
        using var t = new TestTensors(device);
        using WeightMatrix w = TestWeights.Load(t.Device, t.Normal(50 * 4), 50, 4);
        var good = new LensArguments { States = t.Input(t.Normal(12), new Shape(3, 4)), Unembedding = w, Temperature = 1 };
        foreach (LensArguments bad in (LensArguments[])
        [
            good with { Temperature = 0 },
            good with { Softcap = -1 },
            good with { States = t.Input(t.Normal(15), new Shape(3, 5)) },
            good with { Bias = t.Input(t.Normal(51)) },
            good with { Entropy = t.Output(new Shape(4)) },
            good with { TopIds = t.Output(new Shape(3, 51), type: ElementType.I32) },
            good with { Targets = t.Input([0, 1, 50], new Shape(3, 1)), TargetLogProbabilities = t.Output(new Shape(3, 1)) },
            good with { References = t.Input(0, 1, 3), Divergence = t.Output(new Shape(3)) },
            good with { Divergence = t.Output(new Shape(3)) },
        ])
        {
            Assert.ThrowsAny<ArgumentException>(() => t.Ops.Lens(bad));
        }

        t.CheckSentinels();
    }

    private static void RowsDependOnNothingElse(string device, ElementType type)
    {
        const int Rows = 371, Width = 9, Vocabulary = 2077;
        float[] x, w;
        using (var t = new TestTensors(device))
        {
            x = t.Normal(Rows * Width);
            w = t.Normal(Vocabulary * Width);
        }

        float[] Run(TestTensors t, float[] states, int start, int count)
        {
            using var lens = new LensCase(t, count, Width, Vocabulary, type)
            {
                States = Shapes.Rows(states, Rows, start, count).ToArray(),
                Weights = w,
                References = [.. Enumerable.Range(0, count)],
                Targets = [.. Enumerable.Range(start, count).SelectMany(i => (int[])[i, 2 * i, i + 1700])],
            };
            LensCase.Results r = lens.Run();
            return [.. Enumerable.Range(0, count).SelectMany(i => (float[])
            [
                r.LogSumExp[i], r.Entropy[i], .. r.TopIds[(i * 3)..((i + 1) * 3)].Select(id => (float)id),
                .. r.TopLogProbabilities[(i * 3)..((i + 1) * 3)], .. r.BottomLogProbabilities[(i * 3)..((i + 1) * 3)],
                .. r.TargetLogProbabilities[(i * 3)..((i + 1) * 3)], .. r.TargetRanks[(i * 3)..((i + 1) * 3)].Select(id => (float)id),
            ])];
        }

        Oracle.RowsStandAlone(device, Rows, (t, start, count) => Run(t, x, start, count));
        Oracle.BadRowsStayAlone(device, Rows, x, (t, states) => Run(t, states, 0, Rows));
    }
}
