using System.Runtime.InteropServices;
using Weir.Engine;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Analysis.Depth;

/// <summary>
/// What a layer owes to an earlier one directly: layer l is run on its usual input less the contribution c_s of layer s, and
/// nothing runs on (Csordas et al. 2025, arXiv 2505.13898). One evaluation of layer l for each pair, all of them one batch.
/// </summary>
public sealed class LocalEffects
{
    private const long DefaultBytes = 1L << 30;

    private readonly Dictionary<SkipReach, SampleTable> _tables;
    private readonly Model _model;
    private readonly SkipOptions _options;
    private readonly int[] _lengths;

    private LocalEffects(Model model, int[] lengths, SkipOptions options)
    {
        _model = model;
        _options = options;
        _lengths = lengths;
        int layers = model.Spec.Layers;
        _tables = options.Reaches.ToDictionary(r => r, _ => new SampleTable(lengths.Length, layers, layers, options.OnlyMaxima));
    }

    /// <summary>Where layers were left out.</summary>
    public IEnumerable<SkipReach> Measured => _tables.Keys;

    /// <summary>
    /// |c_l - c'_l| / max(|c_l|, 1e-6) at each measured position, c'_l the contribution of layer l to h_l - c_s; [s, l], with
    /// samples for s &lt; l alone.
    /// </summary>
    public SampleTable Of(SkipReach reach) => _tables[reach];

    /// <summary>Evaluates every pair.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids of each prompt.</param>
    /// <param name="options">What is measured; its parts and outputs have no meaning here.</param>
    public static LocalEffects Run(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, SkipOptions options)
    {
        int[] lengths = [.. prompts.Select(p => p.Count)];
        DepthModel.RequireContributions(model.Spec);
        SkipEffects.Check(lengths, options);
        var effects = new LocalEffects(model, lengths, options);
        long bytes = options.MostBytes > 0 ? options.MostBytes : DefaultBytes;
        long rows = Math.Max(1, bytes / ((model.Spec.Layers + 2L) * model.Spec.Width * sizeof(float)));
        for (int first = 0; first < prompts.Count;)
        {
            int count = 1;
            for (long held = lengths[first]; first + count < prompts.Count && held + lengths[first + count] <= rows; count++)
            {
                held += lengths[first + count];
            }

            effects.RunGroup(prompts, first, count, Math.Max(1, bytes / SweepPlan.RowBytes(model.Spec)));
            first += count;
        }

        return effects;
    }

    private void RunGroup(IReadOnlyList<IReadOnlyList<int>> prompts, int first, int count, long mostRows)
    {
        IDevice device = _model.Device;
        int layers = _model.Spec.Layers;
        using var wave = new Wave(_model, [.. Enumerable.Range(first, count).Select(p => prompts[p])], []);
        var shape = new Shape(wave.BaseRows, _model.Spec.Width);
        long bytes = shape.Count * sizeof(float);
        using DeviceBuffer memory = device.Allocate(bytes * (layers + 1));
        Tensor input = new(memory, bytes * layers, shape);
        Tensor[] contributions = [.. Enumerable.Range(0, layers).Select(l => new Tensor(memory, bytes * l, shape))];
        using var batch = new PairBatch(_model);
        for (int l = 0; l < layers; l++)
        {
            device.Ops.Copy(wave.Residual, input);
            wave.Advance();
            device.Ops.Add(wave.AttentionOut, wave.MlpOut, contributions[l]);
            long held = 0;
            foreach (Pair pair in Pairs(l, first, count, wave.Rows))
            {
                if (batch.Pairs.Count > 0 && held + _lengths[pair.Prompt] > mostRows)
                {
                    Measure(batch, l, input, contributions);
                    held = 0;
                }

                batch.Pairs.Add(pair);
                held += _lengths[pair.Prompt];
            }

            Measure(batch, l, input, contributions);
            _options.Progress?.Report((first + (count * (l + 1.0) / layers)) / prompts.Count);
        }
    }

    private IEnumerable<Pair> Pairs(int layer, int first, int count, PackedRows rows) =>
        from s in Enumerable.Range(0, layer)
        from p in Enumerable.Range(first, count)
        from split in Enumerable.Range(-1, (_options.Splits?[p].Count ?? 0) + 1)
        where split >= 0 || _options.AllPositions
        let skipped = SkipVariant.Skipped(p, split, _lengths, _options)
        where skipped > 0
        select new Pair(s, p, rows.Offsets[p - first], _lengths[p], _options.FirstPosition, skipped, split < 0 ? 0 : _options.Splits![p][split], split < 0 ? SkipReach.AllPositions : SkipReach.Future);

    private void Measure(PairBatch batch, int layer, Tensor input, Tensor[] contributions)
    {
        float[] statistics = batch.Run(layer, input, contributions);
        int row = 0;
        foreach (Pair pair in batch.Pairs)
        {
            for (int p = pair.Measured; p < pair.Length; p++)
            {
                int at = (row + p) * 4;
                _tables[pair.Reach].Add(pair.Prompt, pair.Source, layer, Math.Sqrt(statistics[at + 3]) / Math.Max(Math.Sqrt(statistics[at]), SkipMetric.SmallestNorm));
            }

            row += pair.Length;
        }

        batch.Pairs.Clear();
    }

    /// <summary>One prompt with the contribution of a layer taken away.</summary>
    /// <param name="Source">The layer.</param>
    /// <param name="Prompt">The prompt.</param>
    /// <param name="Row">Its first row among the baseline's.</param>
    /// <param name="Length">Its tokens.</param>
    /// <param name="From">First position at which it is taken away.</param>
    /// <param name="Count">At how many.</param>
    /// <param name="Measured">First position that is measured.</param>
    /// <param name="Reach">The variant.</param>
    private sealed record Pair(int Source, int Prompt, int Row, int Length, int From, int Count, int Measured, SkipReach Reach);

    /// <summary>Pairs of one later layer, run as one batch in memory that grows to the largest.</summary>
    private sealed class PairBatch(Model model) : IDisposable
    {
        private DeviceBuffer? _memory;

        public List<Pair> Pairs { get; } = [];

        public float[] Run(int layer, Tensor input, Tensor[] contributions)
        {
            IDevice device = model.Device;
            int rows = Pairs.Sum(p => p.Length);
            float[] values = new float[rows * 4];
            if (rows == 0)
            {
                return values;
            }

            var shape = new Shape(rows, model.Spec.Width);
            long bytes = shape.Count * sizeof(float);
            Reserve((3 * bytes) + (rows * 4L * sizeof(float)));
            Tensor states = new(_memory!, 0, shape), attention = new(_memory!, bytes, shape), mlp = new(_memory!, 2 * bytes, shape);
            Tensor statistics = new(_memory!, 3 * bytes, new Shape(rows, 4));
            int row = 0;
            foreach (Pair p in Pairs)
            {
                device.Ops.Copy(input.RowRange(p.Row, p.Length), states.RowRange(row, p.Length));
                Tensor changed = states.RowRange(row + p.From, p.Count);
                device.Ops.Subtract(changed, contributions[p.Source].RowRange(p.Row + p.From, p.Count), changed);
                row += p.Length;
            }

            BlockEvaluation.Run(model, layer, [.. Pairs.Select(p => p.Length)], states, attention, mlp);
            device.Ops.Add(attention, mlp, attention);
            row = 0;
            foreach (Pair p in Pairs)
            {
                device.Ops.CompareRows(contributions[layer].RowRange(p.Row, p.Length), attention.RowRange(row, p.Length), statistics.RowRange(row, p.Length));
                row += p.Length;
            }

            device.Read(statistics, MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        public void Dispose() => _memory?.Dispose();

        private void Reserve(long bytes)
        {
            if (_memory is null || _memory.Bytes < bytes)
            {
                _memory?.Dispose();
                _memory = model.Device.Allocate(bytes);
            }
        }
    }
}
