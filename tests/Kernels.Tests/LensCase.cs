using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>One lens with all its results, and the reference for them.</summary>
internal sealed class LensCase(TestTensors t, int rows, int width, int vocabulary, ElementType type, int k = 3) : IDisposable
{
    private const int TargetCount = 3;
    private readonly int _k = Math.Min(k, vocabulary);
    private WeightMatrix? _matrix;

    public float[]? States { get; set; }

    public float[]? Weights { get; set; }

    public float[]? Bias { get; init; }

    public float Softcap { get; init; }

    public float Temperature { get; init; } = 1;

    public int[]? References { get; set; }

    public int[]? Targets { get; set; }

    /// <summary>Small integers, so that many logits are equal.</summary>
    public bool Integral { get; init; }

    /// <summary>Runs the lens.</summary>
    public Results Run()
    {
        Prepare();
        Tensor lse = t.Output(new Shape(rows)), entropy = t.Output(new Shape(rows)), divergence = t.Output(new Shape(rows));
        Tensor topIds = t.Output(new Shape(rows, _k), type: ElementType.I32), top = t.Output(new Shape(rows, _k));
        Tensor bottomIds = t.Output(new Shape(rows, _k), type: ElementType.I32), bottom = t.Output(new Shape(rows, _k));
        Tensor targets = t.Output(new Shape(rows, TargetCount)), ranks = t.Output(new Shape(rows, TargetCount), type: ElementType.I32);
        t.Ops.Lens(new LensArguments
        {
            States = t.Input(States, new Shape(rows, width), strided: true),
            Unembedding = _matrix!,
            Bias = Bias is null ? default : t.Input(Bias),
            Softcap = Softcap,
            Temperature = Temperature,
            LogSumExp = lse,
            Entropy = entropy,
            TopIds = topIds,
            TopLogProbabilities = top,
            BottomIds = bottomIds,
            BottomLogProbabilities = bottom,
            Targets = t.Input(Targets, new Shape(rows, TargetCount)),
            TargetLogProbabilities = targets,
            TargetRanks = ranks,
            References = t.Input(References!),
            Divergence = divergence,
        });
        return new Results(
            t.Read(lse), t.Read(entropy), t.ReadInts(topIds), t.Read(top), t.ReadInts(bottomIds), t.Read(bottom), t.Read(targets), t.ReadInts(ranks), t.Read(divergence));
    }

    /// <summary>Runs the lens and compares everything with the reference.</summary>
    public void Check(string what)
    {
        Results actual = Run();
        float[] z = Logits();
        double[] lse = new double[rows], entropy = new double[rows], divergence = new double[rows];
        double[] top = new double[rows * _k], bottom = new double[rows * _k], targets = new double[rows * TargetCount];
        int[] topIds = new int[rows * _k], bottomIds = new int[rows * _k], ranks = new int[rows * TargetCount];
        for (int row = 0; row < rows; row++)
        {
            lse[row] = LogSumExp(z.AsSpan(row * vocabulary, vocabulary));
        }

        for (int row = 0; row < rows; row++)
        {
            float[] own = z[(row * vocabulary)..((row + 1) * vocabulary)];
            int other = References![row];
            for (int i = 0; i < vocabulary; i++)
            {
                double log = own[i] - lse[row], p = Math.Exp(log);
                if (p > 0)
                {
                    entropy[row] -= p * log;
                    divergence[row] += p * (log - (z[(other * vocabulary) + i] - lse[other]));
                }
            }

            int[] order = [.. Enumerable.Range(0, vocabulary).OrderByDescending(i => own[i])];
            int[] ascending = [.. Enumerable.Range(0, vocabulary).OrderBy(i => own[i])];
            int[] rankOf = new int[vocabulary];
            for (int i = 0; i < vocabulary; i++)
            {
                rankOf[order[i]] = i;
            }

            for (int i = 0; i < _k; i++)
            {
                topIds[(row * _k) + i] = order[i];
                top[(row * _k) + i] = own[order[i]] - lse[row];
                bottomIds[(row * _k) + i] = ascending[i];
                bottom[(row * _k) + i] = own[ascending[i]] - lse[row];
            }

            for (int i = 0; i < TargetCount; i++)
            {
                int id = Targets![(row * TargetCount) + i];
                ranks[(row * TargetCount) + i] = rankOf[id];
                targets[(row * TargetCount) + i] = own[id] - lse[row];
            }
        }

        Oracle.Within(lse, actual.LogSumExp, 4e-7, 2e-7, what + ", log-sum-exp");
        Oracle.Within(entropy, actual.Entropy, 5e-7, 1e-6, what + ", entropy");
        Oracle.Within(divergence, actual.Divergence, 5e-7, 1e-6, what + ", divergence");
        Oracle.Within(top, actual.TopLogProbabilities, 4e-7, 2e-7, what + ", top");
        Oracle.Within(bottom, actual.BottomLogProbabilities, 4e-7, 2e-7, what + ", bottom");
        Oracle.Within(targets, actual.TargetLogProbabilities, 4e-7, 2e-7, what + ", targets");
        Assert.Equal(topIds, actual.TopIds);
        Assert.Equal(bottomIds, actual.BottomIds);
        Assert.Equal(ranks, actual.TargetRanks);
    }

    /// <inheritdoc/>
    public void Dispose() => _matrix?.Dispose();

    private void Prepare()
    {
        double deviation = 2 / Math.Sqrt(width);
        float[] Numbers(int count, double size) => Integral ? Array.ConvertAll(t.Integers(count, 5), i => (float)(i - 2)) : t.Normal(count, size);
        States ??= Numbers(rows * width, 1);
        Weights ??= Numbers(vocabulary * width, deviation);
        References ??= t.Integers(rows, rows);
        Targets ??= t.Integers(rows * TargetCount, vocabulary);
        _matrix ??= TestWeights.Load(t.Device, Weights, vocabulary, width, type);
    }

    /// <summary>The logits by the separate ops, on a device whose products sum in one order whatever the batch.</summary>
    private float[] Logits()
    {
        if (!Devices.RowsStandAlone(t.Name))
        {
            using var other = new TestTensors(Devices.WhereRowsStandAlone(t.Name));
            using var same = new LensCase(other, rows, width, vocabulary, type)
            {
                States = States,
                Weights = Weights,
                Bias = Bias,
                Softcap = Softcap,
                Temperature = Temperature,
                References = References,
                Targets = Targets,
            };
            same.Prepare();
            return same.Logits();
        }

        Tensor z = t.Output(new Shape(rows, vocabulary));
        t.Ops.MatMul(t.Input(States, new Shape(rows, width)), _matrix!, z, new MatMulOptions { Bias = Bias is null ? default : t.Input(Bias) });
        if (Softcap != 0)
        {
            t.Ops.Softcap(z, Softcap, z);
        }

        float[] logits = t.Read(z);
        return Temperature == 1 ? logits : Array.ConvertAll(logits, v => v / Temperature);
    }

    private static double LogSumExp(ReadOnlySpan<float> z)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float v in z)
        {
            largest = Math.Max(largest, v);
        }

        foreach (float v in z)
        {
            sum += Math.Exp(v - largest);
        }

        return largest + Math.Log(sum);
    }

    /// <summary>All results of a lens.</summary>
    internal sealed record Results(
        float[] LogSumExp,
        float[] Entropy,
        int[] TopIds,
        float[] TopLogProbabilities,
        int[] BottomIds,
        float[] BottomLogProbabilities,
        float[] TargetLogProbabilities,
        int[] TargetRanks,
        float[] Divergence);
}
