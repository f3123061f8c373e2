using BenchmarkDotNet.Attributes;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>A tenth of the rows of a text, 12 heads of 64, among themselves.</summary>
public class MetaAttentionBench : OpBench
{
    private const int Length = 1024;
    private const int Subset = 102;

    private KeyValueStore? _store;
    private readonly PackedRows _rows = new([0, Subset], [0]);
    private Tensor _q, _k, _v, _index, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(4 * PackedRows.CausalPairs(Subset, 0) * 12.0 * 64, 5 * F32(Subset, Width));

    [Benchmark]
    public void Prompt()
    {
        Ops.MetaAttention(_q, _k, _v, _index, _rows, _store!, new AttentionOptions(0.125f), _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        var shape = new Shape(Length, 12, 64);
        (_q, _k, _v, _y) = (Numbers(shape), Numbers(shape), Numbers(shape), Numbers(shape));
        _index = Integers([.. Enumerable.Range(0, Subset).Select(i => i * 10)]);
        _store = Opened.CreateKeyValueStore(12, 64, ElementType.F32);
        _store.Reserve(1, Subset);
    }

    /// <inheritdoc/>
    protected override void Release() => _store?.Dispose();
}
