using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Analysis.Benchmarks;

/// <summary>Single ops at Llama 3.1 8B's shape, and the two that measure the device's limits.</summary>
internal static class GpuOps
{
    private const int Width = 4096;

    // As FlashAttention's figures are made: 2,048 columns of heads, and so many tokens altogether that the device is full.
    private const int HeadSize = 128;
    private const int Heads = 16;
    private const int AttentionTokens = 16384;

    private static readonly int[] AttentionLengths = [512, 1024, 2048, 4096, 8192, 16384];
    private static readonly int[] ProductRows = [512, 1];
    private static readonly (string Name, int Inputs, int Outputs)[] Matrices =
        [("qkv", 4096, 6144), ("o", 4096, 4096), ("up", 4096, 28672), ("down", 14336, 4096), ("head", 4096, 128256)];

    /// <summary>What <see cref="GpuLimits"/> are read from.</summary>
    public static IEnumerable<BenchmarkCase> Limits =>
    [
        Op(GpuLimits.CopyCase, "a copy of 1 GiB", new(), Copy),
        Op(GpuLimits.MatrixCase, "a product 8192 x 8192 x 8192, bf16 weights", new(), s => Product(s, Scaled(s, 8192), Scaled(s, 8192), Scaled(s, 8192))),
    ];

    /// <summary>Attention of whole prompts.</summary>
    public static IEnumerable<BenchmarkCase> Attention => AttentionLengths.Select(length => Op(
        $"attention.{length}",
        FormattableString.Invariant($"causal attention, head size {HeadSize}, {AttentionTokens / length} x {length:N0} tokens, {Heads} heads"),
        length < 8192 ? new() : new() { Teraflops = 335 },
        s => AttentionOf(s, length)) with
    {
        Peers = [new($"attention.{length}-flash", "flash"), new($"attention.{length}-cudnn", "cuDNN")],
    });

    /// <summary>What meta-attention adds to a decoding step's attention where every tenth token is a meta-token.</summary>
    public static BenchmarkCase MetaAttention => Op(
        "meta-attention",
        "attention of a decoding step, 60 sequences of 4,096 positions, 12 heads of 64, with meta-attention of every tenth",
        new() { OfBaseline = 1.01 },
        MetaAttentionOfAStep) with
    {
        Peers = [],
        Baseline = "the same without meta-attention",
    };

    /// <summary>Ops that go over rows.</summary>
    public static IEnumerable<BenchmarkCase> Rows =>
    [
        Op("rms-norm", "RMSNorm of 16,384 rows of 4,096", new() { OfBandwidth = 0.9 }, RmsNorm) with
        {
            Peers = [new("rms-norm-compiled", "compiled"), new("rms-norm", "eager")],
        },
        Op("softmax", "softmax of 8,192 rows of 16,384", new() { OfBandwidth = 0.9 }, Softmax) with
        {
            Peers = [new("softmax-compiled", "compiled"), new("softmax", "eager")],
        },
    ];

    /// <summary>The products of a block and the unembedding, for a prompt and for one token.</summary>
    public static IEnumerable<BenchmarkCase> Products => ProductRows.SelectMany(rows => Matrices.Select(m => Op(
        $"product.{m.Name}-{rows}",
        FormattableString.Invariant($"product of {rows} {(rows == 1 ? "row" : "rows")} x {m.Inputs:N0} to {m.Outputs:N0}, bf16 weights"),
        rows == 1 ? new() { OfBandwidth = 0.9 } : new(),
        s => Product(s, s.Shapes == BenchmarkShapes.True ? rows : Math.Min(rows, 5), Scaled(s, m.Inputs), Scaled(s, m.Outputs)))));

    private static BenchmarkCase Op(string name, string what, BenchmarkGoal goal, Func<BenchmarkSetting, PreparedWork> prepare) =>
        new(name, what, goal, s => prepare(s) with { IsOp = true }) { Peers = [new PeerCase(name)] };

    private static int Scaled(BenchmarkSetting s, int size) => s.Shapes == BenchmarkShapes.True ? size : Math.Max(16, size / 256);

    private static PreparedWork Copy(BenchmarkSetting s)
    {
        var operands = new OpOperands(s.Device);
        var shape = new Shape(s.Shapes == BenchmarkShapes.True ? 65536 : 16, Width);
        Tensor x = operands.Numbers(shape), y = operands.Empty(shape);
        return new PreparedWork(() => s.Device.Ops.Copy(x, y), operands) { Bytes = 2.0 * x.Bytes, Sample = () => operands.FirstRow(y) };
    }

    private static PreparedWork RmsNorm(BenchmarkSetting s)
    {
        var operands = new OpOperands(s.Device);
        var shape = new Shape(s.Shapes == BenchmarkShapes.True ? 16384 : 7, Width);
        Tensor x = operands.Numbers(shape), gain = operands.Numbers(new Shape(Width)), y = operands.Empty(shape);
        return new PreparedWork(() => s.Device.Ops.RmsNorm(x, gain, 0, 1e-5f, y), operands) { Bytes = 2.0 * x.Bytes, Sample = () => operands.FirstRow(y) };
    }

    // One query a sequence, at its end: every row of the map is a whole softmax.
    private static PreparedWork Softmax(BenchmarkSetting s)
    {
        (int sequences, int heads, int keys) = s.Shapes == BenchmarkShapes.True ? (256, 32, 16384) : (3, 2, 100);
        var operands = new OpOperands(s.Device);
        var rows = new PackedRows([.. Enumerable.Range(0, sequences + 1)], [.. Enumerable.Repeat(keys - 1, sequences)]);
        var shape = new Shape(sequences * heads, keys);
        Tensor scores = operands.Numbers(shape), pattern = operands.Empty(shape);
        Tensor flatScores = scores.Reshape((int)shape.Count), flatPattern = pattern.Reshape((int)shape.Count);
        return new PreparedWork(() => s.Device.Ops.AttentionPattern(flatScores, heads, rows, 0, flatPattern), operands)
        {
            Bytes = 2.0 * scores.Bytes,
            Sample = () => operands.FirstRow(pattern),
        };
    }

    private static PreparedWork Product(BenchmarkSetting s, int rows, int inputs, int outputs)
    {
        var operands = new OpOperands(s.Device);
        Tensor x = operands.Numbers(new Shape(rows, inputs)), y = operands.Empty(new Shape(rows, outputs));
        WeightMatrix w = operands.Weights(inputs, outputs);
        return new PreparedWork(() => s.Device.Ops.MatMul(x, w, y), operands)
        {
            Bytes = x.Bytes + y.Bytes + (2.0 * inputs * outputs),
            Flops = 2.0 * rows * inputs * outputs,
            Sample = () => operands.FirstRow(y),
        };
    }

    private static PreparedWork AttentionOf(BenchmarkSetting s, int length)
    {
        (int tokens, int heads, int size) = (AttentionTokens, Heads, HeadSize);
        if (s.Shapes == BenchmarkShapes.Tiny)
        {
            (tokens, heads, size, length) = (16, 2, 16, Math.Max(1, length / 1024));
        }

        int sequences = tokens / length;
        var operands = new OpOperands(s.Device);
        var rows = new PackedRows([.. Enumerable.Range(0, sequences + 1).Select(i => i * length)], new int[sequences]);
        var shape = new Shape(tokens, heads, size);
        Tensor q = operands.Numbers(shape), k = operands.Numbers(shape), v = operands.Numbers(shape), z = operands.Empty(shape);
        KeyValueStore store = operands.Store(heads, size);
        store.Reserve(sequences, length);
        s.Device.Ops.AppendKeyValues(k, v, rows, store);
        var options = new AttentionOptions((float)(1 / Math.Sqrt(size)));
        return new PreparedWork(() => s.Device.Ops.Attention(q, store, rows, options, z), operands)
        {
            // Queries and results are f32, keys and values 16-bit.
            Bytes = q.Bytes + z.Bytes + (2.0 * 2 * tokens * heads * size),

            // As FlashAttention counts: half of a full square.
            Flops = 4.0 * tokens * length / 2 * heads * size,
            Sample = () => operands.FirstRow(z),
        };
    }

    // As meta-tokens.md has it: all rows attend to all positions; the rows that are meta-tokens, a tenth of the step's, attend
    // among the tenth of the positions that are.
    private static PreparedWork MetaAttentionOfAStep(BenchmarkSetting s)
    {
        (int sequences, int positions, int heads, int size) = s.Shapes == BenchmarkShapes.True ? (60, 4096, 12, 64) : (10, 40, 2, 16);
        var operands = new OpOperands(s.Device);
        var shape = new Shape(sequences, heads, size);
        Tensor q = operands.Numbers(shape), k = operands.Numbers(shape), v = operands.Numbers(shape), z = operands.Empty(shape), y = operands.Numbers(shape);
        int[] metas = [.. Enumerable.Range(0, sequences / 10).Select(i => 10 * i)];
        Tensor index = operands.Integers(metas);
        (KeyValueStore all, PackedRows rows) = Filled(operands, s.Device, sequences, positions, heads, size);
        (KeyValueStore meta, PackedRows subset) = Filled(operands, s.Device, metas.Length, positions / 10, heads, size);
        var options = new AttentionOptions((float)(1 / Math.Sqrt(size)));
        void Attention()
        {
            s.Device.Ops.AppendKeyValues(k, v, rows, all);
            s.Device.Ops.Attention(q, all, rows, options, z);
        }

        void WithMeta()
        {
            Attention();
            s.Device.Ops.MetaAttention(q, k, v, index, subset, meta, options, y);
        }

        double pairs = ((double)sequences * positions) + (metas.Length * (positions / 10));
        return new PreparedWork(WithMeta, operands)
        {
            Baseline = Attention,
            Bytes = 2.0 * 2 * pairs * heads * size,
            Flops = 4 * pairs * heads * size,
            Sample = () => operands.FirstRow(z),
        };
    }

    // Sequences whose last position is the step's.
    private static (KeyValueStore Store, PackedRows Step) Filled(OpOperands operands, IDevice device, int sequences, int positions, int heads, int size)
    {
        KeyValueStore store = operands.Store(heads, size);
        store.Reserve(sequences, positions);
        Tensor before = operands.Numbers(new Shape(positions - 1, heads, size));
        for (int i = 0; i < sequences; i++)
        {
            // Only sequence i has rows; all have the same numbers.
            int[] offsets = [.. Enumerable.Range(0, sequences + 1).Select(s => s > i ? positions - 1 : 0)];
            device.Ops.AppendKeyValues(before, before, new PackedRows(offsets, new int[sequences]), store);
        }

        return (store, new PackedRows([.. Enumerable.Range(0, sequences + 1)], [.. Enumerable.Repeat(positions - 1, sequences)]));
    }
}
