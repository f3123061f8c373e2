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
            _sourceOrigins = [.. sources.Select(x => Mean(x, _a.Spec.Width))];
            _targetOrigins = [.. targets.Select(y => Mean(y, _width))];
        }

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
        float[][] y = [.. Enumerable.Range(_first, _count).Select(l => Counted(targets[l].Span, _targetOrigins[l], weights, n, _width))];
        float[] product = Product(Transposed(x, n), n, [x, .. y]);
        int row = _inputs + Outputs;
        for (int i = 0; i < _inputs; i++)
        {
            Accumulate(product.AsSpan(i * row, _inputs), _gram[source].AsSpan(i * _inputs, _inputs));
            Accumulate(product.AsSpan((i * row) + _inputs, Outputs), _cross[source].AsSpan(i * Outputs, Outputs));
        }
    }

    /// <summary>Solves for the maps, which then stand in the place of the sums.</summary>
    public void Solve()
    {
        for (int m = 0; m < _gram.Length; m++)
        {
            if (m == 0)
            {
                Constant = [.. Enumerable.Range(0, Outputs).Select(c => (float)(_cross[0][((_inputs - 1) * Outputs) + c] / _gram[0][^1]))];
            }

            RidgeSolver.Solve(_gram[m], _cross[m], _inputs, Outputs, _options.Ridge);
        }
    }

    /// <summary>Mean of the fitted targets, from their origins: the best map that looks at nothing.</summary>
    private float[] Constant { get; set; } = [];

    /// <summary>Measures the maps on a window.</summary>
    public void Test(IReadOnlyList<int> window, int number, LinearMapResult result)
    {
        float[][] sources = LayerStates.Read(_a, [window], _options), targets = LayerStates.Read(_b, [window], _options);
        int n = sources[0].Length / _a.Spec.Width;
        if (n == 0)
        {
            return;
        }

        float[] ones = [.. Enumerable.Repeat(1f, n)];
        for (int m = 0; m < sources.Length; m++)
        {
            float[] map = Array.ConvertAll(_cross[m], v => (float)v);
            float[] mapped = Product(Inputs(m, sources[m], ones, n), _inputs, [map]);
            for (int t = 0; t < _count; t++)
            {
                float[] truth = Counted(targets[_first + t], _targetOrigins[_first + t], ones, n, _width);
                for (int i = 0; i < n; i++)
                {
                    double norm = Math.Max(TensorPrimitives.Norm(targets[_first + t].AsSpan(i * _width, _width)), SmallestNorm);
                    ReadOnlySpan<float> row = truth.AsSpan(i * _width, _width);
                    result.Errors.Add(number, m, _first + t, TensorPrimitives.Distance(row, mapped.AsSpan((i * Outputs) + (t * _width), _width)) / norm);
                    if (m == 0)
                    {
                        result.ConstantErrors.Add(number, _first + t, 0, TensorPrimitives.Distance(row, Constant.AsSpan(t * _width, _width)) / norm);
                    }
                }
            }
        }
    }

    private static float[] Mean(float[] rows, int width)
    {
        double[] sums = new double[width];
        for (int i = 0; i < rows.Length; i++)
        {
            sums[i % width] += rows[i];
        }

        return Array.ConvertAll(sums, s => (float)(s * width / rows.Length));
    }

    private static void Accumulate(ReadOnlySpan<float> part, Span<double> sum)
    {
        for (int i = 0; i < part.Length; i++)
        {
            sum[i] += part[i];
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

    // States from their origin, times their weights, with the ones behind them.
    private float[] Inputs(int source, ReadOnlySpan<float> state, float[] weights, int n)
    {
        int width = _inputs - 1;
        float[] counted = Counted(state, _sourceOrigins[source], weights, n, width), x = new float[n * _inputs];
        for (int i = 0; i < n; i++)
        {
            counted.AsSpan(i * width, width).CopyTo(x.AsSpan(i * _inputs));
            x[((i + 1) * _inputs) - 1] = weights[i];
        }

        return x;
    }

    private static float[] Counted(ReadOnlySpan<float> rows, float[] origin, float[] weights, int n, int width)
    {
        float[] y = new float[rows.Length];
        for (int i = 0; i < n; i++)
        {
            Span<float> row = y.AsSpan(i * width, width);
            TensorPrimitives.Subtract(rows.Slice(i * width, width), origin, row);
            TensorPrimitives.Multiply(row, weights[i], row);
        }

        return y;
    }

    private float[] Transposed(float[] x, int n)
    {
        float[] y = new float[x.Length];
        for (int i = 0; i < n; i++)
        {
            for (int c = 0; c < _inputs; c++)
            {
                y[(c * n) + i] = x[(i * _inputs) + c];
            }
        }

        return y;
    }
}
