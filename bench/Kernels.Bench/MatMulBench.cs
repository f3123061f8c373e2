using BenchmarkDotNet.Attributes;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>
/// The products of GPT-2 small: a prompt's rows are bound by the multiply-adds, one row by the bytes of the weights. The
/// weights of one row's products come from memory, not from a cache: each call takes the next of several matrices.
/// </summary>
public class MatMulBench : OpBench
{
    private const int Copies = 16;

    private readonly List<WeightMatrix> _weights = [];
    private WeightMatrix _square = null!, _up = null!, _down = null!, _unembedding = null!;
    private WeightMatrix[] _single = [], _half = [];
    private Tensor _x, _hidden, _y, _logits, _bias;
    private int _next;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => benchmark switch
    {
        nameof(Square) => Of(Rows, Width, Width),
        nameof(Up) or nameof(UpBiasGelu) => Of(Rows, Width, Hidden),
        nameof(Down) => Of(Rows, Hidden, Width),
        nameof(Unembed) => Of(Rows, Width, Vocabulary),
        nameof(DecodeF32) => Of(1, Width, Hidden),
        _ => Of(1, Width, Hidden, 2),
    };

    [Benchmark]
    public void Square() => Run(_x, _square, _y);

    [Benchmark]
    public void Up() => Run(_x, _up, _hidden);

    [Benchmark]
    public void UpBiasGelu() => Run(_x, _up, _hidden, new MatMulOptions { Bias = _bias, Activation = Activation.GeluTanh });

    [Benchmark]
    public void Down() => Run(_hidden, _down, _y);

    [Benchmark]
    public void Unembed() => Run(_x, _unembedding, _logits);

    [Benchmark]
    public void DecodeF32() => Run(_x.RowRange(0, 1), _single[_next++ % Copies], _hidden.RowRange(0, 1));

    [Benchmark]
    public void DecodeBF16() => Run(_x.RowRange(0, 1), _half[_next++ % Copies], _hidden.RowRange(0, 1));

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _x = Numbers(new Shape(Rows, Width));
        _hidden = Numbers(new Shape(Rows, Hidden));
        _y = Empty(new Shape(Rows, Width));
        _logits = Empty(new Shape(Rows, Vocabulary));
        _bias = Numbers(new Shape(Hidden));
        _square = Load(Width, Width);
        _up = Load(Hidden, Width);
        _down = Load(Width, Hidden);
        _unembedding = Load(Vocabulary, Width);
        _single = [.. Enumerable.Range(0, Copies).Select(_ => Load(Hidden, Width))];
        _half = [.. Enumerable.Range(0, Copies).Select(_ => Load(Hidden, Width, ElementType.BF16))];
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        _weights.ForEach(w => w.Dispose());
        _weights.Clear();
    }

    private static Work Of(double rows, double inputs, double outputs, int size = 4) =>
        new(2 * rows * inputs * outputs, F32(rows, inputs + outputs) + (size * inputs * outputs));

    private WeightMatrix Load(int outputs, int inputs, ElementType type = ElementType.F32)
    {
        WeightMatrix w = BenchWeights.Load(Opened, outputs, inputs, type);
        _weights.Add(w);
        return w;
    }

    private void Run(Tensor x, WeightMatrix w, Tensor y, in MatMulOptions options = default)
    {
        Ops.MatMul(x, w, y, options);
        Opened.Synchronize();
    }
}
