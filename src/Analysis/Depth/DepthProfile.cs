using System.Runtime.InteropServices;
using Weir.Analysis.Statistics;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Analysis.Depth;

/// <summary>
/// What each layer adds to the residual, how large and in which direction, and what the model would say if it ended there
/// (Csordas et al. 2025, arXiv 2505.13898). h_l is the input of layer l and h_L the last residual, in front
/// of the final norm; a_l and m_l are what attention and MLP really add. Tables are [layer, 1], a sample a token: means of
/// ratios, never ratios of means.
/// </summary>
public sealed class DepthProfile
{
    private const double SmallestNorm = 1e-6;
    private const long DefaultBytes = 1L << 30;

    private readonly Dictionary<DepthMeasure, SampleTable> _tables;

    private DepthProfile(int prompts, int layers)
    {
        Layers = layers;
        _tables = Enum.GetValues<DepthMeasure>().ToDictionary(m => m, m => new SampleTable(prompts, layers + (AtLastResidual(m) ? 1 : 0), 1));
    }

    /// <summary>Number of layers L.</summary>
    public int Layers { get; }

    /// <summary>A measure's samples: [L, 1], or [L + 1, 1] for what is measured at every residual.</summary>
    public SampleTable this[DepthMeasure measure] => _tables[measure];

    /// <summary>A measure's mean at a layer, as the paper takes it: over the tokens of all prompts; of the lens over each prompt's means.</summary>
    public double Mean(DepthMeasure measure, int layer) => IsLens(measure)
        ? _tables[measure].PromptMeans(layer, 0).DefaultIfEmpty(0).Average()
        : _tables[measure].Mean(layer, 0);

    /// <summary>The same with its interval, prompts drawn again.</summary>
    public Estimate MeanWithInterval(DepthMeasure measure, int layer)
    {
        if (!IsLens(measure))
        {
            return _tables[measure].MeanWithInterval(layer, 0);
        }

        double[] means = _tables[measure].PromptMeans(layer, 0);
        return Bootstrap.Ratio(means, [.. means.Select(_ => 1.0)]);
    }

    /// <summary>Means with their intervals of each layer.</summary>
    public Estimate[] MeansWithIntervals(DepthMeasure measure) => [.. Enumerable.Range(0, _tables[measure].Rows).Select(l => MeanWithInterval(measure, l))];

    /// <summary>Means of each layer.</summary>
    public double[] Means(DepthMeasure measure) => [.. Enumerable.Range(0, _tables[measure].Rows).Select(l => Mean(measure, l))];

    /// <summary>Measures prompts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids of each prompt.</param>
    /// <param name="firstPosition">Positions in front of this one are left out of every mean; 0, as in the paper, for none.</param>
    /// <param name="mostBytes">Bytes of activations that may be held at once; 0 for 1 GiB.</param>
    /// <param name="progress">Told the fraction done; what it throws stops the work.</param>
    /// <exception cref="WeirException">No prompt is longer than the first position.</exception>
    public static DepthProfile Run(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, int firstPosition = 0, long mostBytes = 0, IProgress<double>? progress = null)
    {
        DepthModel.RequireContributions(model.Spec);
        if (prompts.All(p => p.Count <= firstPosition))
        {
            throw new WeirException($"ShortPrompt: positions count from {firstPosition} on, and no prompt is longer than {firstPosition} token(s); give a longer prompt.");
        }

        int layers = model.Spec.Layers;
        var profile = new DepthProfile(prompts.Count, layers);
        long most = mostBytes > 0 ? mostBytes : DefaultBytes;
        long rowBytes = 3L * (layers + 1) * model.Spec.Width * sizeof(float);
        for (int first = 0; first < prompts.Count;)
        {
            int count = 0;
            for (long held = 0; first + count < prompts.Count && (count == 0 || (held + prompts[first + count].Count) * rowBytes <= most); count++)
            {
                held += prompts[first + count].Count;
            }

            profile.Measure(model, [.. Enumerable.Range(first, count).Select(p => prompts[p])], first, firstPosition);
            first += count;
            progress?.Report((double)first / prompts.Count);
        }

        return profile;
    }

    private static bool IsLens(DepthMeasure m) => m is DepthMeasure.LensDivergence or DepthMeasure.LensOverlap;

    private static bool AtLastResidual(DepthMeasure m) => m == DepthMeasure.ResidualNorm || IsLens(m);

    private void Measure(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, int firstPrompt, int firstPosition)
    {
        HookSet hooks = new HookSet().Capture(Site.ResidualPre[0], Site.ResidualPost.AllLayers, Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers);
        using ForwardResult run = model.Forward(prompts, hooks, new ForwardOptions { Logits = LogitRows.None });
        Tensor[] residuals = [run[Site.ResidualPre[0]], .. Enumerable.Range(0, Layers).Select(l => run[Site.ResidualPost[l]])];
        (int Prompt, int Row)[] rows = [.. from s in Enumerable.Range(0, run.Rows.Sequences)
                                           from p in Enumerable.Range(0, run.Rows.Length(s))
                                           where p >= firstPosition
                                           select (firstPrompt + s, run.Rows.Offsets[s] + p)];
        using var compare = new RowComparison(model.Device, run.Rows.Rows, model.Spec.Width);
        for (int l = 0; l < Layers; l++)
        {
            Layer(compare, l, residuals, run[Site.AttentionOut[l]], run[Site.MlpOut[l]], rows);
        }

        Add(DepthMeasure.ResidualNorm, Layers, rows, compare.Run(residuals[^1], residuals[^1]), s => s.A);
        int k = Math.Min(DepthMeasures.LensTokens, model.Spec.VocabularySize);
        LensResult lens = LensReader.Read(model, residuals, new LensOptions { TopK = k, Entropy = false, Divergence = true });
        for (int l = 0; l <= Layers; l++)
        {
            foreach ((int prompt, int row) in rows)
            {
                _tables[DepthMeasure.LensDivergence].Add(prompt, l, 0, lens.Divergence[lens.Row(l, row)]);
                _tables[DepthMeasure.LensOverlap].Add(prompt, l, 0, lens.Overlap(l, row, k));
            }
        }
    }

    private void Layer(RowComparison compare, int l, Tensor[] residuals, Tensor attention, Tensor mlp, (int Prompt, int Row)[] rows)
    {
        IOps ops = compare.Ops;
        Tensor h = residuals[l];
        RowStatistics[] s = compare.Run(attention, h);
        Add(DepthMeasure.AttentionRatio, l, rows, s, x => x.A / Math.Max(x.B, SmallestNorm));
        Add(DepthMeasure.AttentionCosine, l, rows, s, x => x.Cosine);
        Add(DepthMeasure.AttentionNorm, l, rows, s, x => x.A);
        Add(DepthMeasure.ResidualNorm, l, rows, s, x => x.B);

        ops.Add(h, attention, compare.Sum);
        s = compare.Run(mlp, compare.Sum);
        Add(DepthMeasure.MlpRatio, l, rows, s, x => x.A / Math.Max(x.B, SmallestNorm));
        Add(DepthMeasure.MlpCosine, l, rows, s, x => x.Cosine);
        Add(DepthMeasure.MlpNorm, l, rows, s, x => x.A);

        ops.Add(attention, mlp, compare.Sum);
        s = compare.Run(compare.Sum, h);
        Add(DepthMeasure.LayerRatio, l, rows, s, x => x.A / Math.Max(x.B, SmallestNorm));
        Add(DepthMeasure.LayerCosine, l, rows, s, x => x.Cosine);
        Add(DepthMeasure.ResidualCosine, l, rows, compare.Run(h, residuals[l + 1]), x => x.Cosine);
    }

    private void Add(DepthMeasure measure, int layer, (int Prompt, int Row)[] rows, RowStatistics[] statistics, Func<RowStatistics, double> number)
    {
        foreach ((int prompt, int row) in rows)
        {
            _tables[measure].Add(prompt, layer, 0, number(statistics[row]));
        }
    }

    /// <summary>Norms of two rows, and their cosine; 0 where a row is 0.</summary>
    private readonly record struct RowStatistics(double A, double B, double Cosine);

    /// <summary>Compares states row by row on the device.</summary>
    private sealed class RowComparison(IDevice device, int rows, int width) : IDisposable
    {
        private readonly DeviceBuffer _memory = device.Allocate((long)rows * (width + 4) * sizeof(float));
        private readonly float[] _values = new float[rows * 4];

        public IOps Ops => device.Ops;

        /// <summary>F32 [rows, width]: a place for a sum.</summary>
        public Tensor Sum => new(_memory, 0, new Shape(rows, width));

        public RowStatistics[] Run(Tensor a, Tensor b)
        {
            var statistics = new Tensor(_memory, (long)rows * width * sizeof(float), new Shape(rows, 4));
            device.Ops.CompareRows(a, b, statistics);
            device.Read(statistics, MemoryMarshal.AsBytes(_values.AsSpan()));
            return [.. Enumerable.Range(0, rows).Select(i =>
            {
                double na = Math.Sqrt(_values[i * 4]), nb = Math.Sqrt(_values[(i * 4) + 1]);
                return new RowStatistics(na, nb, _values[(i * 4) + 2] / Math.Max(na * nb, SmallestNorm * SmallestNorm));
            })];
        }

        public void Dispose() => _memory.Dispose();
    }
}
