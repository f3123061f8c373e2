using System.Runtime.InteropServices;
using Weir.Engine;
using Weir.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Weir.Analysis.Depth;

/// <summary>
/// Maps from every state of one model to some states of another. X^T X and X^T Y of a few tokens are one product on the device,
/// in f32, and these are summed in f64: of T tokens, n at a time, the sums are wrong by about n / sqrt T roundings. States are
/// counted from the mean of the first tokens, since what they have in common would drown what they differ in. X has a column
/// of ones behind the d inputs, for the bias.
/// </summary>
internal sealed class LinearMapFit
{
    private const double SmallestNorm = 1e-6;
    private const int ProductTokens = 128;

    private readonly Model _a;
    private readonly Model _b;
    private readonly int _first;
    private readonly int _count;
    private readonly LinearMapOptions _options;
    private readonly int _inputs;
    private readonly int _width;
    private readonly double[][] _gram;
    private readonly double[][] _cross;
    private readonly double[] _targetSums;
    private double _tokens;
    private float[][] _sourceOrigins = [];
    private float[][] _targetOrigins = [];

    public LinearMapFit(Model a, Model b, int first, int count, LinearMapOptions options)
    {
        _a = a;
        _b = b;
        _first = first;
        _count = count;
        _options = options;
        _inputs = a.Spec.Width + 1;
        _width = b.Spec.Width;
        int sources = LayerStates.Count(a, options.Contributions);
        _gram = [.. Enumerable.Range(0, sources).Select(_ => new double[_inputs * _inputs])];
        _targetSums = new double[Outputs];
        _cross = [.. Enumerable.Range(0, sources).Select(_ => new double[checked(_inputs * Outputs)])];
    }

    private int Outputs => _count * _width;

    /// <summary>Adds a tile of text to the sums.</summary>
    public void Add(IReadOnlyList<IReadOnlyList<int>> windows)
    {
        float[][] sources = LayerStates.Read(_a, windows, _options), targets = LayerStates.Read(_b, windows, _options);
        int n = sources[0].Length / _a.Spec.Width;
        if (_sourceOrigins.Length == 0 && n > 0)
        {
            _sourceOrigins = [.. sources.Select(x => StateRows.Mean(x, _a.Spec.Width))];
            _targetOrigins = [.. targets.Select(y => StateRows.Mean(y, _width))];
        }

        for (int t = 0; t < _count && n > 0; t++)
        {
            float[] target = StateRows.From(targets[_first + t], _targetOrigins[_first + t], null, n, _width);
            for (int i = 0; i < n; i++)
            {
                StateRows.Accumulate(target.AsSpan(i * _width, _width), _targetSums.AsSpan(t * _width, _width));
            }
        }

        _tokens += n;
        for (int first = 0; first < n; first += ProductTokens)
        {
            int count = Math.Min(ProductTokens, n - first);
            for (int m = 0; m < sources.Length; m++)
            {
                AddProduct(m, sources[m].AsSpan(first * _a.Spec.Width, count * _a.Spec.Width), [.. targets.Select(y => y.AsMemory(first * _width, count * _width))], count);
            }
        }
    }

    private void AddProduct(int source, ReadOnlySpan<float> state, ReadOnlyMemory<float>[] targets, int n)
    {
        float[] weights = Weights(state, n);
        float[] x = Inputs(source, state, weights, n);
        float[][] y = [.. Enumerable.Range(_first, _count).Select(l => StateRows.From(targets[l].Span, _targetOrigins[l], weights, n, _width))];
        float[] product = Product(StateRows.Transposed(x, n), n, [x, .. y]);
        int row = _inputs + Outputs;
        for (int i = 0; i < _inputs; i++)
        {
            StateRows.Accumulate(product.AsSpan(i * row, _inputs), _gram[source].AsSpan(i * _inputs, _inputs));
            StateRows.Accumulate(product.AsSpan((i * row) + _inputs, Outputs), _cross[source].AsSpan(i * Outputs, Outputs));
        }
    }

    /// <summary>Solves for the maps with a penalty; the sums stay.</summary>
    /// <returns>[source][inputs, targets * width], targets side by side.</returns>
    public float[][] Solve(double ridge) => [.. _gram.Zip(_cross, (gram, cross) =>
    {
        double[] map = [.. cross];
        RidgeSolver.Solve([.. gram], map, _inputs, Outputs, ridge);
        return Array.ConvertAll(map, v => (float)v);
    })];

    /// <summary>Writes one map of a solution over that of another.</summary>
    public void Take(float[][] from, float[][] to, int source, int target)
    {
        for (int i = 0; i < _inputs; i++)
        {
            int at = (i * Outputs) + ((target - _first) * _width);
            from[source].AsSpan(at, _width).CopyTo(to[source].AsSpan(at));
        }
    }

    /// <summary>Measures solutions on a window: each token of each map.</summary>
    /// <param name="window">Token ids.</param>
    /// <param name="solutions">What <see cref="Solve"/> has made.</param>
    /// <param name="add">Told the solution's number and the error.</param>
    public void Measure(IReadOnlyList<int> window, IReadOnlyList<float[][]> solutions, Action<int, MapError> add)
    {
        float[][] sources = LayerStates.Read(_a, [window], _options), targets = LayerStates.Read(_b, [window], _options);
        int n = sources[0].Length / _a.Spec.Width;
        if (n == 0)
        {
            return;
        }

        float[] mean = Array.ConvertAll(_targetSums, s => (float)(s / _tokens));
        for (int m = 0; m < sources.Length; m++)
        {
            float[] inputs = Inputs(m, sources[m], null, n);
            for (int k = 0; k < solutions.Count; k++)
            {
                float[] mapped = Product(inputs, _inputs, [solutions[k][m]]);
                for (int t = 0; t < _count; t++)
                {
                    float[] truth = StateRows.From(targets[_first + t], _targetOrigins[_first + t], null, n, _width);
                    for (int i = 0; i < n; i++)
                    {
                        ReadOnlySpan<float> row = truth.AsSpan(i * _width, _width);
                        add(k, new MapError(
                            m,
                            _first + t,
                            Math.Max(TensorPrimitives.Norm(targets[_first + t].AsSpan(i * _width, _width)), SmallestNorm),
                            TensorPrimitives.Distance(row, mapped.AsSpan((i * Outputs) + (t * _width), _width)),
                            TensorPrimitives.Distance(row, mean.AsSpan(t * _width, _width))));
                    }
                }
            }
        }
    }

    // x [rows, inner] times the matrices [inner, outputs] side by side.
    private float[] Product(float[] x, int inner, float[][] matrices)
    {
        IDevice device = _a.Device;
        int rows = x.Length / inner, outputs = matrices.Sum(m => m.Length / inner);
        using WeightMatrix weights = device.Load(inner, transposed: true, matrices);
        using DeviceBuffer memory = device.Allocate(((long)x.Length + ((long)rows * outputs)) * sizeof(float));
        var input = new Tensor(memory, 0, new Shape(rows, inner));
        var output = new Tensor(memory, (long)x.Length * sizeof(float), new Shape(rows, outputs));
        device.Write(input, MemoryMarshal.AsBytes(x.AsSpan()));
        device.Ops.MatMul(input, weights, output);
        return device.Read<float>(output);
    }

    // Square roots of the weights: both sides of the least squares are scaled by them.
    private float[] Weights(ReadOnlySpan<float> state, int n)
    {
        float[] weights = new float[n];
        for (int i = 0; i < n; i++)
        {
            weights[i] = _options.Weighting == MapWeighting.Equal
                ? 1
                : (float)(1 / Math.Max(TensorPrimitives.Norm(state.Slice(i * _a.Spec.Width, _a.Spec.Width)), SmallestNorm));
        }

        return weights;
    }

    // States from their origin, times their weights where they have any, with the ones behind them.
    private float[] Inputs(int source, ReadOnlySpan<float> state, float[]? weights, int n)
    {
        int width = _inputs - 1;
        float[] counted = StateRows.From(state, _sourceOrigins[source], weights, n, width), x = new float[n * _inputs];
        for (int i = 0; i < n; i++)
        {
            counted.AsSpan(i * width, width).CopyTo(x.AsSpan(i * _inputs));
            x[((i + 1) * _inputs) - 1] = weights?[i] ?? 1;
        }

        return x;
    }
}
