using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>A prompt's tokens, from a table that is packed for the unembedding.</summary>
public class EmbedBench : OpBench
{
    private WeightMatrix _table = null!;
    private Tensor _ids, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(0, 2 * F32(Rows, Width));

    [Benchmark]
    public void Prompt()
    {
        Ops.Embed(_ids, _table, 1, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        var random = new Random(3);
        _table = BenchWeights.Load(Opened, Vocabulary, Width);
        _ids = Integers([.. Enumerable.Range(0, Rows).Select(_ => random.Next(Vocabulary))]);
        _y = Empty(new Shape(Rows, Width));
    }

    /// <inheritdoc/>
    protected override void Release() => _table.Dispose();
}
