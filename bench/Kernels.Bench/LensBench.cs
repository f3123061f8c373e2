using BenchmarkDotNet.Attributes;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>
/// Lenses over GPT-2 small's vocabulary. Nothing asked is the bare product, so the others show what the statistics cost.
/// Layers are 13 x 512 rows with the last layer as the reference, Neurons are 3072 rows.
/// </summary>
public class LensBench : OpBench
{
    private const int Layers = 13;

    private WeightMatrix _unembedding = null!;
    private Tensor _states, _references, _entropy, _divergence, _topIds, _top;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark)
    {
        double rows = benchmark is nameof(Layered) or nameof(LayeredProduct) ? Layers * Rows : benchmark == nameof(OneRow) ? 1 : Hidden;
        return new(2 * rows * Width * Vocabulary, F32(rows + Vocabulary, Width));
    }

    [Benchmark(Baseline = true)]
    public void LayeredProduct() => Run(new LensArguments { States = _states, Unembedding = _unembedding, Temperature = 1 });

    [Benchmark]
    public void Layered() => Run(new LensArguments
    {
        States = _states,
        Unembedding = _unembedding,
        Temperature = 1,
        Entropy = _entropy,
        TopIds = _topIds.Columns(0, 1),
        References = _references,
        Divergence = _divergence,
    });

    [Benchmark]
    public void NeuronsTop10() => Run(new LensArguments
    {
        States = _states.RowRange(0, Hidden),
        Unembedding = _unembedding,
        Temperature = 1,
        TopIds = _topIds.RowRange(0, Hidden),
    });

    [Benchmark]
    public void NeuronsTop10LogProbabilities() => Run(new LensArguments
    {
        States = _states.RowRange(0, Hidden),
        Unembedding = _unembedding,
        Temperature = 1,
        TopIds = _topIds.RowRange(0, Hidden),
        TopLogProbabilities = _top.RowRange(0, Hidden),
    });

    [Benchmark]
    public void OneRow() => Run(new LensArguments
    {
        States = _states.RowRange(0, 1),
        Unembedding = _unembedding,
        Temperature = 1,
        Entropy = _entropy.RowRange(0, 1),
        TopIds = _topIds.RowRange(0, 1),
        TopLogProbabilities = _top.RowRange(0, 1),
    });

    /// <inheritdoc/>
    protected override void Prepare()
    {
        const int All = Layers * Rows;
        _unembedding = BenchWeights.Load(Opened, Vocabulary, Width, scale: 0.2);
        _states = Numbers(new Shape(All, Width), 2);
        _references = Integers([.. Enumerable.Range(0, All).Select(i => ((Layers - 1) * Rows) + (i % Rows))]);
        _entropy = Empty(new Shape(All));
        _divergence = Empty(new Shape(All));
        _topIds = Empty(new Shape(All, 10), ElementType.I32);
        _top = Empty(new Shape(All, 10));
    }

    /// <inheritdoc/>
    protected override void Release() => _unembedding.Dispose();

    private void Run(in LensArguments arguments)
    {
        Ops.Lens(arguments);
        Opened.Synchronize();
    }
}
