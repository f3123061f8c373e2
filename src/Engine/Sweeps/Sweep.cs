using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>
/// Prompts x variants x metrics. Runs as few waves as memory allows: in each, the baseline and all its variants go through
/// the layers as one batch, metrics are reduced on the device behind every block, and nothing is kept to be compared later.
/// The cells are those of one forward pass a variant; on the CPU, bit for bit.
/// </summary>
public sealed class Sweep
{
    private const long DefaultBytes = 2L << 30;

    private readonly Model _model;
    private readonly IReadOnlyList<IReadOnlyList<int>> _prompts;
    private readonly IReadOnlyList<ISweepMetric> _metrics;

    /// <summary>Describes a sweep.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids of each prompt.</param>
    /// <param name="variants">What is changed, each on every prompt or on those that its edits name.</param>
    /// <param name="metrics">What is measured.</param>
    /// <exception cref="WeirException">Two variants have one name, or one cannot act in this model.</exception>
    public Sweep(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<Variant> variants, IReadOnlyList<ISweepMetric> metrics)
    {
        _model = model;
        _prompts = prompts;
        Variants = variants;
        _metrics = metrics;
        foreach (Variant variant in variants)
        {
            variant.Check(model.Spec, prompts.Count);
        }

        if (variants.GroupBy(v => v.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new WeirException($"InvalidVariant: two variants of the sweep are called {twice.Key}; give each its own name.");
        }
    }

    /// <summary>What is changed.</summary>
    public IReadOnlyList<Variant> Variants { get; }

    /// <summary>Bytes of activations that a wave may hold; 0 for 2 GiB or half of what the device has free, the less.</summary>
    public long MostBytes { get; init; }

    /// <summary>The part to run.</summary>
    public SweepShard Shard { get; init; } = SweepShard.Whole;

    /// <summary>Lays the waves out; runs nothing.</summary>
    public SweepPlan Plan() => new(_model.Spec, [.. _prompts.Select(p => p.Count)], Variants, [.. Waves()]);

    /// <summary>Runs the sweep and yields each cell when its wave has ended.</summary>
    /// <param name="done">Tells which cells, prompt and variant, there are already; they are not run or yielded again.</param>
    /// <param name="progress">Told the fraction of waves done; what it throws stops the sweep.</param>
    /// <returns>The cells of one wave after another.</returns>
    public IEnumerable<IReadOnlyList<SweepCell>> Run(Func<int, int, bool>? done = null, IProgress<double>? progress = null)
    {
        SweepWave[] waves = [.. Waves()];
        for (int w = 0; w < waves.Length; w++)
        {
            SweepWave wave = waves[w];
            int[] variants = [.. wave.Variants.Where(v => done is null || wave.Prompts.Any(p => Variants[v].ActsOn(p) && !done(p, v)))];
            if (variants.Length > 0)
            {
                SweepRecorder recorder = RunWave(wave.Prompts, variants);
                yield return [.. wave.Prompts
                    .SelectMany((p, s) => variants.Where(v => Variants[v].ActsOn(p) && (done is null || !done(p, v))).Select(v => recorder.Cell(s, v, Variants[v])))];
            }

            progress?.Report((w + 1.0) / waves.Length);
        }
    }

    private SweepRecorder RunWave(IReadOnlyList<int> prompts, int[] variants)
    {
        var recorder = new SweepRecorder(prompts, Variants.Count);
        using var wave = new Wave(_model, [.. prompts.Select(p => _prompts[p])], [.. variants.Select(v => Variants[v].On(prompts))]);
        int[] order = [.. wave.Variants.Select(v => variants.First(i => Variants[i].Name == v.Name))];
        SweepStage Stage(int count, Func<SweepPoint, Tensor> rows) => new(
            _model, wave.Rows, prompts, wave.Layer - 1, order[..count], (point, v) => v < 0 ? wave.Baseline(rows(point)) : wave.Of(rows(point), v));
        while (wave.Layer < _model.Spec.Layers)
        {
            wave.Advance();
            SweepStage stage = Stage(wave.Ran, point => point switch
            {
                SweepPoint.AttentionOut => wave.AttentionOut,
                SweepPoint.MlpOut => wave.MlpOut,
                _ => wave.Residual,
            });
            foreach (ISweepMetric metric in _metrics)
            {
                metric.AfterBlock(stage, recorder);
            }
        }

        SweepStage output = Stage(wave.Live, point => point == SweepPoint.ResidualPost
            ? wave.Residual
            : throw new InvalidOperationException("At the output there is only the residual."));
        foreach (ISweepMetric metric in _metrics)
        {
            metric.AtOutput(output, recorder);
        }

        return recorder;
    }

    // Prompts are put together while all variants of all of them fit; where one prompt's do not, its variants are divided.
    private IEnumerable<SweepWave> Waves()
    {
        long bytes = MostBytes > 0 ? MostBytes : Math.Min(DefaultBytes, (_model.Device.AvailableBytes ?? long.MaxValue) / 2);
        long rows = Math.Max(1, bytes / SweepPlan.RowBytes(_model.Spec));
        int[] prompts = [.. Enumerable.Range(0, _prompts.Count).Where(p => Shard.Holds(p, _prompts.Count, isPrompt: true))];
        int[] variants = [.. Enumerable.Range(0, Variants.Count).Where(v => Shard.Holds(v, _prompts.Count, isPrompt: false)).OrderBy(v => Variants[v].FirstBlock(_model.Spec))];
        for (int first = 0; first < prompts.Length;)
        {
            int count = 1;
            long held = _prompts[prompts[first]].Count;
            while (first + count < prompts.Length && (held + _prompts[prompts[first + count]].Count) * (variants.Length + 1) <= rows)
            {
                held += _prompts[prompts[first + count++]].Count;
            }

            int each = (int)Math.Clamp((rows / held) - 1, 1, Math.Max(variants.Length, 1));
            int[] together = prompts[first..(first + count)];
            foreach (int[] group in variants.Where(v => together.Any(Variants[v].ActsOn)).Chunk(each))
            {
                yield return new SweepWave(together, group);
            }

            first += count;
        }
    }
}
