using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>
/// Path patching by its definition, a sender at a time: (1) the sender's mean over corrupted prompts, at END; (2) the clean
/// prompts, everything kept; (3) the clean prompts with queries, keys and values of every head of every layer put back to (2)
/// and the sender overwritten at END, the residual behind the last block recorded; (4) the clean prompts with that residual
/// alone overwritten at END, and the logits read. Passes (1) and (2) are shared by all senders.
/// </summary>
public sealed class FourPasses
{
    private readonly Model _model;
    private readonly IReadOnlyList<IReadOnlyList<int>> _prompts;
    private readonly IReadOnlyList<int> _ids;
    private readonly IReadOnlyList<int>? _less;
    private readonly List<Edit> _frozen = [];
    private readonly float[][] _headMeans;
    private readonly float[][] _mlpMeans;
    private readonly float[][][] _mlps;
    private readonly bool _freezeMlps;

    /// <summary>Runs passes 1 and 2.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">The clean prompts.</param>
    /// <param name="corrupted">The corrupted prompts.</param>
    /// <param name="ids">Of each clean prompt, the token whose pi is read.</param>
    /// <param name="less">Tokens whose pi is taken from it, or null.</param>
    /// <param name="freezeMlps">True to put MLPs back to pass 2 as well.</param>
    public FourPasses(
        Model model, IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<IReadOnlyList<int>> corrupted,
        IReadOnlyList<int> ids, IReadOnlyList<int>? less = null, bool freezeMlps = false)
    {
        _model = model;
        _prompts = prompts;
        _ids = ids;
        _less = less;
        _freezeMlps = freezeMlps;
        int layers = model.Spec.Layers;
        _headMeans = new float[layers][];
        _mlpMeans = new float[layers][];
        _mlps = new float[layers][][];
        using (ForwardResult run = model.Forward(corrupted, new HookSet().Capture(Site.Result.AllLayers, Site.MlpOut.AllLayers)))
        {
            for (int l = 0; l < layers; l++)
            {
                _headMeans[l] = EndMean(run, Site.Result[l]);
                _mlpMeans[l] = EndMean(run, Site.MlpOut[l]);
            }
        }

        using ForwardResult clean = model.Forward(prompts, new HookSet().Capture(
            Site.Query.AllLayers, Site.Key.AllLayers, Site.Value.AllLayers, Site.MlpOut.AllLayers));
        for (int l = 0; l < layers; l++)
        {
            foreach (LayeredSite site in (LayeredSite[])[Site.Query, Site.Key, Site.Value])
            {
                float[][] rows = Sequences(clean, site[l]);
                _frozen.AddRange(rows.Select((r, s) => Edit.Replace(site[l], r) with { Sequences = [s], Positions = ..prompts[s].Count }));
            }

            _mlps[l] = Sequences(clean, Site.MlpOut[l]);
        }

        Clean = Pi(clean);
    }

    /// <summary>[prompts]: the value without a patch.</summary>
    public double[] Clean { get; }

    /// <summary>[prompts]: the value with a head patched.</summary>
    public double[] Head(int layer, int head)
    {
        int width = _model.Spec.Width;
        return Patched(
            Edit.Replace(Site.Result[layer], _headMeans[layer][(head * width)..((head + 1) * width)]) with { Head = head, Positions = ^1.. }, mlp: -1);
    }

    /// <summary>[prompts]: the value with all heads of a layer patched.</summary>
    public double[] Attention(int layer) => Patched(Edit.Replace(Site.Result[layer], _headMeans[layer]) with { Positions = ^1.. }, mlp: -1);

    /// <summary>[prompts]: the value with an MLP patched.</summary>
    public double[] Mlp(int layer) => Patched(Edit.Replace(Site.MlpOut[layer], _mlpMeans[layer]) with { Positions = ^1.. }, layer);

    /// <summary>Every sender, patched.</summary>
    /// <param name="progress">Told the fraction of layers done.</param>
    public PathPatchingResult Run(IProgress<double>? progress = null)
    {
        int layers = _model.Spec.Layers, heads = _model.Spec.Attention.Heads;
        double[,][] headValues = new double[layers, heads][];
        double[][] attentionValues = new double[layers][], mlpValues = new double[layers][];
        for (int l = 0; l < layers; l++)
        {
            for (int h = 0; h < heads; h++)
            {
                headValues[l, h] = Head(l, h);
            }

            attentionValues[l] = Attention(l);
            mlpValues[l] = Mlp(l);
            progress?.Report((l + 1.0) / layers);
        }

        return new PathPatchingResult(Clean, headValues, attentionValues, mlpValues);
    }

    private double[] Patched(Edit sender, int mlp)
    {
        Site receiver = Site.ResidualPost[_model.Spec.Layers - 1];
        HookSet third = new HookSet().Edit([.. _frozen]).Edit(sender).Capture(receiver);
        for (int l = 0; _freezeMlps && l < _model.Spec.Layers; l++)
        {
            // The sender is not put back; elsewhere than at END nothing reaches it anyway.
            if (l != mlp)
            {
                third.Edit([.. _mlps[l].Select((r, s) => Edit.Replace(Site.MlpOut[l], r) with { Sequences = [s], Positions = .._prompts[s].Count })]);
            }
        }

        Edit[] recorded;
        using (ForwardResult run = _model.Forward(_prompts, third))
        {
            int width = _model.Spec.Width;
            recorded = [.. Sequences(run, receiver).Select((r, s) => Edit.Replace(receiver, r[^width..]) with { Sequences = [s], Positions = ^1.. })];
        }

        using ForwardResult fourth = _model.Forward(_prompts, new HookSet().Edit(recorded));
        return Pi(fourth);
    }

    private double[] Pi(ForwardResult run)
    {
        float[] logits = _model.Device.Read<float>(run.Logits);
        int vocabulary = _model.Spec.VocabularySize;
        return [.. _prompts.Select((_, s) =>
        {
            ReadOnlySpan<float> row = logits.AsSpan((run.Rows.Offsets[s + 1] - 1) * vocabulary, vocabulary);
            double less;
            if (_less is null)
            {
                double sum = 0;
                foreach (float z in row)
                {
                    sum += z;
                }

                less = sum / vocabulary;
            }
            else
            {
                less = row[_less[s]];
            }

            return row[_ids[s]] - less;
        })];
    }

    // Over END states, not over a position counted from the start: prompts differ in length.
    private float[] EndMean(ForwardResult run, Site site)
    {
        float[] values = _model.Device.Read<float>(run[site]);
        int width = values.Length / run.Rows.Rows;
        double[] sums = new double[width];
        for (int s = 0; s < run.Rows.Sequences; s++)
        {
            for (int i = 0; i < width; i++)
            {
                sums[i] += values[((run.Rows.Offsets[s + 1] - 1) * width) + i];
            }
        }

        return [.. sums.Select(v => (float)(v / run.Rows.Sequences))];
    }

    private float[][] Sequences(ForwardResult run, Site site)
    {
        float[] values = _model.Device.Read<float>(run[site]);
        int width = values.Length / run.Rows.Rows;
        return [.. Enumerable.Range(0, run.Rows.Sequences).Select(s => values[(run.Rows.Offsets[s] * width)..(run.Rows.Offsets[s + 1] * width)])];
    }
}
