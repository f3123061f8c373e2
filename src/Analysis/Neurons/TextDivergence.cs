using System.Runtime.InteropServices;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>
/// How far a model's next tokens on texts move when its weights are changed: the last residuals are kept from before, and
/// both go through the unembedding together, which no edit touches.
/// </summary>
public sealed class TextDivergence
{
    private const int MostTokens = 4096;

    private readonly Model _model;
    private readonly IReadOnlyList<int>[][] _batches;
    private readonly float[][] _before;

    /// <summary>Runs the texts on the model as it is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">Token ids, each at most as long as the context.</param>
    public TextDivergence(Model model, IReadOnlyList<IReadOnlyList<int>> texts)
    {
        _model = model;
        var batches = new List<List<IReadOnlyList<int>>>();
        foreach (IReadOnlyList<int> text in texts)
        {
            if (batches.Count == 0 || batches[^1].Sum(t => t.Count) + text.Count > MostTokens)
            {
                batches.Add([]);
            }

            batches[^1].Add(text);
        }

        _batches = [.. batches.Select(b => b.ToArray())];
        _before = [.. _batches.Select(Residuals)];
    }

    /// <summary>KL(before || now) in nats at every position of every text.</summary>
    public double[] Measure()
    {
        var divergences = new List<double>();
        for (int b = 0; b < _batches.Length; b++)
        {
            using var memory = new Arena(_model.Device);
            float[] now = Residuals(_batches[b]);
            var shape = new Shape(now.Length / _model.Spec.Width, _model.Spec.Width);
            LensResult lens = LensReader.Read(
                _model, [memory.Upload<float>(_before[b], shape), memory.Upload<float>(now, shape)], new LensOptions { TopK = 0, Entropy = false, Divergence = true });
            divergences.AddRange(lens.Divergence.Take(shape[0]).Select(d => (double)d));
        }

        return [.. divergences];
    }

    private float[] Residuals(IReadOnlyList<int>[] texts)
    {
        Site last = Site.ResidualPost[_model.Spec.Layers - 1];
        using ForwardResult run = _model.Forward(texts, new HookSet().Capture(last), new ForwardOptions { Logits = LogitRows.None });
        float[] values = new float[run[last].Shape.Count];
        _model.Device.Read(run[last], MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
