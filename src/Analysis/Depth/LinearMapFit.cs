using System.Runtime.InteropServices;
using Weir.Engine;
using Weir.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Weir.Analysis.Depth;

/// <summary>
/// Maps from every state of one model to the states of another, some of these at a time. X^T X and X^T Y of a few tokens are a
/// product on the device, in f32, and these are summed in f64: of T tokens, n at a time, the sums are wrong by about n / sqrt T
/// roundings. States are counted from the mean of the first tokens, since what they have in common would drown what they differ
/// in. X has a column of ones behind the d inputs, for the bias.
/// </summary>
internal sealed class LinearMapFit
{
    private const double SmallestNorm = 1e-6;
    private const int ProductTokens = 128;

    private readonly Model _a;
    private readonly Model _b;
    private readonly LinearMapOptions _options;
    private readonly int _inputs;
    private readonly int _width;
    private readonly double[][] _gram;
    private readonly double[][] _cross;
    private int _first;
    private int _count;
    private double _tokens;
    private double[] _targetSums = [];
    private float[][] _sourceOrigins = [];
    private float[][] _targetOrigins = [];

    public LinearMapFit(Model a, Model b, LinearMapOptions options)
    {
        _a = a;
        _b = b;
        _options = options;
        _inputs = a.Spec.Width + 1;
        _width = b.Spec.Width;
        _gram = [.. Enumerable.Range(0, LayerStates.Count(a, options.Contributions)).Select(_ => new double[_inputs * _inputs])];
        _cross = [.. _gram.Select(_ => Array.Empty<double>())];
    }

    private int Outputs => _count * _width;

    // X^T X and the number of tokens are known from the first targets on.
    private bool IsSummed => _first > 0;

    /// <summary>Takes the next targets, whose sums begin at 0; X^T X is the same for all and is summed for the first ones alone.</summary>
    public void Begin(int first, int count)
    {
        (_first, _count) = (first, count);
        _targetOrigins = [];
        _targetSums = new double[Outputs];
        for (int m = 0; m < _cross.Length; m++)
        {
            // The old sums go first, so that no two are held.
            _cross[m] = [];
            _cross[m] = new double[checked(_inputs * Outputs)];
        }
    }

    /// <summary>Adds a tile of text to the sums.</summary>
    public void Add(IReadOnlyList<IReadOnlyList<int>> windows)
    {
        (float[][] sources, float[][] targets, int n) = Read(windows);
        if (n == 0)
        {
            return;
        }

        _sourceOrigins = _sourceOrigins.Length > 0 ? _sourceOrigins : [.. sources.Select(x => StateRows.Mean(x, _a.Spec.Width))];
        _targetOrigins = _targetOrigins.Length > 0 ? _targetOrigins : [.. targets.Select(y => StateRows.Mean(y, _width))];
        _tokens += IsSummed ? 0 : n;
        targets = [.. targets.Select((y, t) => StateRows.From(y, _targetOrigins[t]))];
        for (int t = 0; t < _count; t++)
        {
            StateRows.AccumulateRows(targets[t], _targetSums.AsSpan(t * _width, _width));
        }

        for (int first = 0; first < n; first += ProductTokens)
        {
            int count = Math.Min(ProductTokens, n - first);
            AddProducts(
                [.. sources.Select(x => x.AsMemory(first * _a.Spec.Width, count * _a.Spec.Width))],
                [.. targets.Select(y => y[(first * _width)..((first + count) * _width)])],
                count);
        }
    }

    private void AddProducts(ReadOnlyMemory<float>[] sources, float[][] targets, int n)
    {
        // Tokens that all count the same leave the targets the same for every source.
        using WeightMatrix? shared = _options.Weighting == MapWeighting.Equal ? _a.Device.Load(n, transposed: true, targets) : null;
        for (int m = 0; m < sources.Length; m++)
        {
            // Square roots of the weights: both sides of the least squares are scaled by them.
            float[]? weights = shared is null ? StateRows.InverseNorms(sources[m].Span, n, SmallestNorm) : null;
            float[] x = Inputs(m, sources[m].Span, weights, n), transposed = StateRows.Transposed(x, n);
            using WeightMatrix? weighted = shared is null ? _a.Device.Load(n, transposed: true, [.. targets.Select(y => StateRows.Weighted(y, weights!, _width))]) : null;
            StateRows.Accumulate(Product(transposed, n, shared ?? weighted!), _cross[m]);
            if (!IsSummed)
            {
                using WeightMatrix own = _a.Device.Load(n, transposed: true, x);
                StateRows.Accumulate(Product(transposed, n, own), _gram[m]);
            }
        }
    }

    /// <summary>Solves for the maps with a penalty; the sums stay.</summary>
    /// <returns>[source][inputs, targets * width], targets side by side; null where a source's states determine no map.</returns>
    public float[]?[] Solve(double ridge) => [.. _gram.Zip(_cross, (gram, cross) =>
    {
        double[] map = [.. cross];
        return RidgeSolver.TrySolve([.. gram], map, _inputs, Outputs, ridge) ? Array.ConvertAll(map, v => (float)v) : null;
    })];

    /// <summary>Writes one target's map of a source over that of another penalty.</summary>
    public void Take(float[] from, float[] to, int target)
    {
        for (int i = 0; i < _inputs; i++)
        {
            int at = (i * Outputs) + ((target - _first) * _width);
            from.AsSpan(at, _width).CopyTo(to.AsSpan(at));
        }
    }

    /// <summary>Measures solutions on a tile of windows: each token of each map.</summary>
    /// <param name="windows">Token ids of each.</param>
    /// <param name="solutions">What <see cref="Solve"/> has made.</param>
    /// <param name="add">Told the solution's number, the window's, and the error.</param>
    public void Measure(IReadOnlyList<IReadOnlyList<int>> windows, IReadOnlyList<float[]?[]> solutions, Action<int, int, MapError> add)
    {
        (float[][] sources, float[][] targets, int n) = Read(windows);
        if (n == 0)
        {
            return;
        }

        int[] window = [.. windows.SelectMany((w, i) => Enumerable.Repeat(i, LayerStates.Kept(w, _options)))];
        float[][] truth = [.. targets.Select((y, t) => StateRows.From(y, _targetOrigins[t]))];
        float[] mean = Array.ConvertAll(_targetSums, s => (float)(s / _tokens));
        double[][] norms = [.. targets.Select(y => PerRow(y, n, row => Math.Max(TensorPrimitives.Norm(row), SmallestNorm)))];
        double[][] fromMean = [.. truth.Select((y, t) => PerRow(y, n, row => TensorPrimitives.Distance(row, mean.AsSpan(t * _width, _width))))];
        for (int m = 0; m < sources.Length; m++)
        {
            float[] inputs = Inputs(m, sources[m], null, n);
            for (int k = 0; k < solutions.Count; k++)
            {
                if (solutions[k][m] is not { } map)
                {
                    continue;
                }

                using WeightMatrix weights = _a.Device.Load(_inputs, transposed: true, map);
                float[] mapped = Product(inputs, _inputs, weights);
                for (int t = 0; t < _count; t++)
                {
                    for (int i = 0; i < n; i++)
                    {
                        float distance = TensorPrimitives.Distance<float>(truth[t].AsSpan(i * _width, _width), mapped.AsSpan((i * Outputs) + (t * _width), _width));
                        add(k, window[i], new MapError(m, _first + t, norms[t][i], distance, fromMean[t][i]));
                    }
                }
            }
        }
    }

    // States of all sources and of the targets at hand, and the number of their tokens.
    private (float[][] Sources, float[][] Targets, int Tokens) Read(IReadOnlyList<IReadOnlyList<int>> windows)
    {
        float[][] sources = LayerStates.Read(_a, windows, _options, 0, _gram.Length), targets = LayerStates.Read(_b, windows, _options, _first, _count);
        return (sources, targets, sources[0].Length / _a.Spec.Width);
    }

    private double[] PerRow(float[] rows, int n, Func<ReadOnlySpan<float>, double> number) =>
        [.. Enumerable.Range(0, n).Select(i => number(rows.AsSpan(i * _width, _width)))];

    // x [rows, inner] times a matrix of the device.
    private float[] Product(float[] x, int inner, WeightMatrix weights)
    {
        IDevice device = _a.Device;
        int rows = x.Length / inner;
        using DeviceBuffer memory = device.Allocate(((long)x.Length + ((long)rows * weights.Outputs)) * sizeof(float));
        var input = new Tensor(memory, 0, new Shape(rows, inner));
        var output = new Tensor(memory, (long)x.Length * sizeof(float), new Shape(rows, weights.Outputs));
        device.Write(input, MemoryMarshal.AsBytes(x.AsSpan()));
        device.Ops.MatMul(input, weights, output);
        return device.Read<float>(output);
    }

    // States from their origin, times their weights where they have any, with the ones behind them.
    private float[] Inputs(int source, ReadOnlySpan<float> state, float[]? weights, int n)
    {
        int width = _inputs - 1;
        float[] counted = StateRows.From(state, _sourceOrigins[source]), x = new float[n * _inputs];
        counted = weights is null ? counted : StateRows.Weighted(counted, weights, width);
        for (int i = 0; i < n; i++)
        {
            counted.AsSpan(i * width, width).CopyTo(x.AsSpan(i * _inputs));
            x[((i + 1) * _inputs) - 1] = weights?[i] ?? 1;
        }

        return x;
    }
}
