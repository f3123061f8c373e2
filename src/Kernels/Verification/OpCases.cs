using Weir.Kernels.Ops;

namespace Weir.Kernels.Verification;

/// <summary>Cases of every op: small, of sizes that nothing divides, with every element type.</summary>
internal static class OpCases
{
    // A few roundings, a function of the device's own, a long sum in f32.
    private const double Rounded = 5e-7;

    // Weights of a softmax that are rounded to bf16 where they meet 16-bit values.
    private const double Rounded16 = 1e-2;

    private static readonly ElementType[] WeightTypes = [ElementType.F32, ElementType.BF16, ElementType.F16];
    private static readonly Shape[] RowShapes = [new(3, 97), new(2, 1024), new(130, 36)];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<OpCase> All { get; } = [.. Rows(), .. Products(), .. Attention(), .. Choices()];

    private static IEnumerable<OpCase> Rows()
    {
        foreach (Shape shape in RowShapes)
        {
            (string what, int n, int width) = ($"{shape[0]} x {shape[1]}", shape[0], shape[1]);
            yield return new("Add", what, 0, o => One(o, shape, y => o.Ops.Add(o.Numbers(shape, gap: 3), o.Numbers(shape), y)));
            yield return new("Subtract", what, 0, o => One(o, shape, y => o.Ops.Subtract(o.Numbers(shape), o.Numbers(shape, gap: 4), y)));
            yield return new("Copy", what, 0, o => One(o, shape, y => o.Ops.Copy(o.Numbers(shape, gap: 5), y)));
            yield return new("Affine", what, Rounded, o => One(o, shape, y => o.Ops.Affine(o.Numbers(shape), o.Numbers(new Shape(width)), 1, o.Numbers(new Shape(width)), y)));
            yield return new("Softcap", what, Rounded, o => One(o, shape, y => o.Ops.Softcap(o.Numbers(shape), 1.5f, y)));
            yield return new("GatherRows", what, 0, o => One(o, shape, y => o.Ops.GatherRows(o.Numbers(shape), o.Integers(Descending(n)), y)));
            yield return new("AddPositions", what, 0, o => One(o, shape, y => o.Ops.AddPositions(o.Numbers(shape), o.Integers(Descending(n)), o.Numbers(new Shape(n + 2, width)), 2, y)));
            yield return new("CompareRows", what, Rounded, o => One(o, new Shape(n, 4), y => o.Ops.CompareRows(o.Numbers(shape), o.Numbers(shape), y)));
            yield return new("CompareDistributions", what, Rounded, o => One(o, new Shape(n, 4), y => o.Ops.CompareDistributions(o.Numbers(shape), o.Numbers(shape), y)));
            yield return new("RmsNorm", what, Rounded, o => Norm(o, shape, (x, gain, y, taps) => o.Ops.RmsNorm(x, gain, 1, 1e-5f, y, taps)));
            yield return new("LayerNorm", what, Rounded, o => Norm(o, shape, (x, gain, y, taps) => o.Ops.LayerNorm(x, gain, o.Numbers(new Shape(width)), 1e-5f, y, taps)));
            yield return new("Normalize", what, Rounded, o => One(o, shape, y => o.Ops.Normalize(o.Numbers(shape), o.Vector([.. Enumerable.Range(1, n).Select(i => i / 4f)]).Reshape(n, 1), centered: true, y)));
            yield return new("Rope", what, Rounded, o => One(o, new Shape(n, 1, width), y => o.Ops.Rope(o.Numbers(new Shape(n, 1, width)), o.Numbers(new Shape(n, width / 4)), o.Numbers(new Shape(n, width / 4)), y)));
            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                yield return new("Activate", $"{what}, {activation}", Rounded, o => One(o, shape, y => o.Ops.Activate(activation, o.Numbers(shape), o.Numbers(shape, gap: 1), y)));
            }

            foreach (EditKind kind in Enum.GetValues<EditKind>())
            {
                yield return new("Edit", $"{what}, {kind}", Rounded, o => Edit(o, kind, shape));
            }
        }

        yield return new("RopeAngles", "5 positions", Rounded, o =>
        {
            Tensor cos = o.Empty(new Shape(5, 32)), sin = o.Empty(new Shape(5, 32));
            o.Ops.RopeAngles(o.Integers(0, 1, 77, 8191, 131071), o.Vector([.. Enumerable.Range(0, 32).Select(i => MathF.Pow(10000, -i / 32f))]), 1.25f, cos, sin);
            return [cos, sin];
        });
    }

    private static IEnumerable<OpCase> Products()
    {
        foreach (ElementType type in WeightTypes)
        {
            foreach ((int rows, int inputs, int outputs) in new[] { (1, 256, 96), (5, 97, 33), (70, 192, 161), (130, 40, 300) })
            {
                string what = $"{rows} x {inputs} to {outputs}, {type.Name()}";
                yield return new("MatMul", what, 0, o => One(o, new Shape(rows, outputs), y => o.Ops.MatMul(
                    o.Numbers(new Shape(rows, inputs)), o.Weights(outputs, inputs, type), y, new MatMulOptions { Bias = o.Numbers(new Shape(outputs)), Residual = o.Numbers(new Shape(rows, outputs)) })));
                yield return new("MatMul", what + ", activated", Rounded, o => One(o, new Shape(rows, outputs), y => o.Ops.MatMul(
                    o.Numbers(new Shape(rows, inputs)), o.Weights(outputs, inputs, type), y, new MatMulOptions { Activation = Activation.Silu })));
            }

            yield return new("MatMul", $"inputs 3 to 72 of 97, {type.Name()}", 0, o => One(o, new Shape(40, 33), y => o.Ops.MatMul(
                o.Numbers(new Shape(40, 70)), o.Weights(33, 97, type), y, new MatMulOptions { InputOffset = 3 })));
            yield return new("Embed", type.Name(), Rounded, o => One(o, new Shape(4, 97), y => o.Ops.Embed(o.Integers(3, 0, 8, 3), o.Weights(9, 97, type), 1.7f, y)));
            yield return new("WeightColumns", type.Name(), 0, o => One(o, new Shape(5, 33), y => o.Ops.WeightColumns(o.Weights(33, 20, type), 7, y)));
            foreach (int rows in new[] { 5, 70 })
            {
                yield return new("Lens", $"{rows} rows, {type.Name()}", 2e-6, o => Lens(o, rows, type));
            }
        }
    }

    private static IEnumerable<OpCase> Attention()
    {
        var rows = new PackedRows([0, 19, 20, 85], [0, 40, 3]);
        foreach (ElementType type in WeightTypes)
        {
            double tolerance = type == ElementType.F32 ? Rounded : Rounded16;
            foreach ((int heads, int keyHeads, int size, AttentionOptions options) in new[] { (4, 2, 64, new AttentionOptions(0.125f)), (3, 3, 20, new AttentionOptions(0.2f, Softcap: 3, Window: 7)) })
            {
                string what = $"{heads} heads of {size}, {type.Name()}";
                var shape = new Shape(rows.Rows, heads, size);
                var map = new Shape((int)AttentionMap.Count(rows, heads));
                yield return new("Attention", what, tolerance, o => One(o, shape, z => o.Ops.Attention(o.Numbers(shape), o.Store(rows, keyHeads, size, type), rows, options, z)));
                yield return new("MetaAttention", what, tolerance, o => MetaAttention(o, heads, keyHeads, size, type, options));
                yield return new("AppendKeyValues", what, 0, o => One(o, shape, z => o.Ops.AttentionMix(Diagonal(o, rows, heads), o.Store(rows, keyHeads, size, type), rows, 0, z)));
                yield return new("AttentionScores", what, Rounded, o => One(o, map, scores => o.Ops.AttentionScores(o.Numbers(shape), o.Store(rows, keyHeads, size, type), rows, options, scores)));
                yield return new("AttentionMix", what, Rounded, o => One(o, shape, z => o.Ops.AttentionMix(o.Numbers(map), o.Store(rows, keyHeads, size, type), rows, options.Window, z)));
            }
        }

        // Every size and height of a tile, and rows so few that their keys are split over blocks.
        var few = new PackedRows([0, 1, 3], [130, 70]);
        foreach (ElementType type in WeightTypes)
        {
            double tolerance = type == ElementType.F32 ? Rounded : Rounded16;
            foreach ((int heads, int keyHeads, int size, PackedRows batch) in new[]
            {
                (2, 1, 64, rows), (4, 4, 128, rows), (2, 1, 128, rows), (2, 1, 256, rows), (2, 1, 64, few), (2, 1, 128, few), (2, 1, 256, few),
            })
            {
                var shape = new Shape(batch.Rows, heads, size);
                var options = new AttentionOptions(1 / 16f);
                yield return new("Attention", $"{batch.Rows} rows, {heads} heads of {size}, {keyHeads} of keys, {type.Name()}", tolerance, o =>
                    One(o, shape, z => o.Ops.Attention(o.Numbers(shape), o.Store(batch, keyHeads, size, type), batch, options, z)));
            }
        }

        foreach (int window in new[] { 0, 5 })
        {
            var map = new Shape((int)AttentionMap.Count(rows, 3));
            yield return new("AttentionPattern", $"window {window}", Rounded, o => One(o, map, pattern => o.Ops.AttentionPattern(o.Numbers(map), 3, rows, window, pattern)));
        }
    }

    private static IEnumerable<OpCase> Choices()
    {
        SamplingOptions[] options = [new(0, 0, 1, 0.5), new(1, 0, 1, 0.3), new(0.7f, 5, 1, 0.9), new(1.3f, 0, 0.8f, 0.1), new(1, 40, 0.5f, 0.999)];
        yield return new("Sample", "5 rows of 301", 0, o =>
        {
            Tensor ids = o.Empty(new Shape(options.Length), type: ElementType.I32);
            o.Ops.Sample(o.Numbers(new Shape(options.Length, 301)), options, ids);
            return [ids];
        });
    }

    private static Tensor[] One(CaseOperands o, Shape shape, Action<Tensor> run)
    {
        Tensor y = o.Empty(shape);
        run(y);
        return [y];
    }

    private static Tensor[] Norm(CaseOperands o, Shape shape, Action<Tensor, Tensor, Tensor, NormTaps> run)
    {
        Tensor y = o.Empty(shape), scale = o.Empty(new Shape(shape[0], 1)), normalized = o.Empty(shape);
        run(o.Numbers(shape), o.Numbers(new Shape(shape[1])), y, new NormTaps(scale, normalized));
        return [y, scale, normalized];
    }

    private static Tensor[] Edit(CaseOperands o, EditKind kind, Shape shape)
    {
        Tensor target = o.Numbers(shape, gap: 2);
        Tensor coefficients = kind is EditKind.Add or EditKind.Scale or EditKind.ProjectOut ? o.Vector(0.5f, -1.25f) : default;
        Tensor operand = kind switch
        {
            EditKind.Scale or EditKind.Zero => default,
            EditKind.Clamp => o.Vector(-0.5f, 0.75f),
            EditKind.Replace => o.Numbers(new Shape(2, shape[1])),
            _ => o.Numbers(new Shape(shape[1])),
        };
        o.Ops.Edit(kind, target, o.Integers(shape[0] - 1, 0), coefficients, operand);
        return [target];
    }

    private static Tensor[] Lens(CaseOperands o, int n, ElementType type)
    {
        const int Vocabulary = 419, Width = 96, K = 3;
        Tensor Column() => o.Empty(new Shape(n));
        Tensor Table(ElementType t) => o.Empty(new Shape(n, K), type: t);
        var a = new LensArguments
        {
            States = o.Numbers(new Shape(n, Width)),
            Unembedding = o.Weights(Vocabulary, Width, type),
            Softcap = 30,
            Temperature = 1.5f,
            LogSumExp = Column(),
            Entropy = Column(),
            TopIds = Table(ElementType.I32),
            TopLogProbabilities = Table(ElementType.F32),
            BottomIds = Table(ElementType.I32),
            BottomLogProbabilities = Table(ElementType.F32),
            Targets = o.Integers([.. Enumerable.Range(0, n * K).Select(i => i * 29 % Vocabulary)]).Reshape(n, K),
            TargetLogProbabilities = Table(ElementType.F32),
            TargetRanks = Table(ElementType.I32),
            References = o.Integers([.. Enumerable.Range(0, n).Select(i => i * 3 % n)]),
            Divergence = Column(),
        };
        o.Ops.Lens(a);
        return [a.LogSumExp, a.Entropy, a.TopIds, a.TopLogProbabilities, a.BottomIds, a.BottomLogProbabilities, a.TargetLogProbabilities, a.TargetRanks, a.Divergence];
    }

    // Every third row of two texts attends to those before it.
    private static Tensor[] MetaAttention(CaseOperands o, int heads, int keyHeads, int size, ElementType type, AttentionOptions options)
    {
        const int N = 120;
        int[] index = [.. Enumerable.Range(0, N / 3).Select(i => 3 * i)];
        var subset = new PackedRows([0, 7, index.Length], [0, 0]);
        Tensor y = o.Numbers(new Shape(N, heads, size));
        o.Ops.MetaAttention(
            o.Numbers(new Shape(N, heads, size)), o.Numbers(new Shape(N, keyHeads, size)), o.Numbers(new Shape(N, keyHeads, size)),
            o.Integers(index), subset, o.EmptyStore(subset, keyHeads, size, type), options, y);
        return [y];
    }

    // Every query reads the value at its own position, and so what was appended there.
    private static Tensor Diagonal(CaseOperands o, PackedRows rows, int heads)
    {
        float[] map = new float[AttentionMap.Count(rows, heads)];
        for (int s = 0; s < rows.Sequences; s++)
        {
            for (int i = 0; i < heads * rows.Length(s); i++)
            {
                map[AttentionMap.Offset(rows, heads, s) + ((long)i * rows.End(s)) + rows.Starts[s] + (i % rows.Length(s))] = 1;
            }
        }

        return o.Vector(map);
    }

    private static int[] Descending(int count) => [.. Enumerable.Range(0, count).Reverse()];
}
