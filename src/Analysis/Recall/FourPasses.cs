using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>
/// Path patching by its definition, a sender at a time: (1) the sender's mean over corrupted prompts, at END; (2) the clean
/// prompts, with queries, keys and values kept; (3) the clean prompts with queries, keys and values of every head of every
/// layer put back to (2) and the sender overwritten at END, what the receivers hold there recorded; (4) the clean prompts with
/// the receivers alone overwritten at END, and the value read. Passes (1) and (2) are shared by all senders. The receiver is
/// the residual behind the last block, or queries, keys or values of some heads: how these read what the sender wrote.
/// </summary>
public sealed class FourPasses
{
    private readonly Model _model;
    private readonly IReadOnlyList<IReadOnlyList<int>> _prompts;
    private readonly LogitDirections _value;
    private readonly Site _final;
    private readonly IReadOnlyList<PatchReceiver> _receivers;
    private readonly Dictionary<Site, float[]> _means = [];
    private readonly List<Edit> _frozen = [];

    /// <summary>Runs passes 1 and 2.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">The clean prompts.</param>
    /// <param name="corrupted">The corrupted prompts.</param>
    /// <param name="value">What is measured of each clean prompt.</param>
    /// <param name="freezeMlps">True to put MLPs back to pass 2 as well.</param>
    /// <param name="receivers">Heads that paths end in; null for the residual behind the last block.</param>
    public FourPasses(
        Model model, IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<IReadOnlyList<int>> corrupted, LogitDirections value,
        bool freezeMlps = false, IReadOnlyList<PatchReceiver>? receivers = null)
    {
        _receivers = receivers ?? [];
        foreach (PatchReceiver receiver in _receivers)
        {
            receiver.Require(model.Spec);
        }

        _model = model;
        _prompts = prompts;
        _value = value;
        int layers = model.Spec.Layers;
        _final = Site.ResidualPost[layers - 1];
        using var memory = new Arena(model.Device);
        Site[] senders = [.. Enumerable.Range(0, layers).SelectMany(l => (Site[])[Site.Result[l], Site.MlpOut[l]])];
        KeptRows first = Pass(corrupted, new HookSet(), memory, senders);
        foreach (Site site in senders)
        {
            _means[site] = KeptRows.Mean(model.Device, first[site]);
        }

        LayeredSite[] frozen = freezeMlps ? [Site.Query, Site.Key, Site.Value, Site.MlpOut] : [Site.Query, Site.Key, Site.Value];
        var second = new HookSet();
        for (int l = 0; l < layers; l++)
        {
            foreach (LayeredSite site in frozen)
            {
                second.Tap(site[l], Freeze);
            }
        }

        Clean = value.Read(Pass(prompts, second, memory, _final)[_final]);
    }

    /// <summary>[prompts]: the value without a patch.</summary>
    public double[] Clean { get; }

    /// <summary>[prompts]: the value with a head patched.</summary>
    public double[] Head(int layer, int head)
    {
        int width = _model.Spec.Width;
        Site site = Site.Result[layer];
        return Patched(Edit.Replace(site, _means[site][(head * width)..((head + 1) * width)]) with { Head = head, Positions = ^1.. });
    }

    /// <summary>[prompts]: the value with all heads of a layer patched.</summary>
    public double[] Attention(int layer) => Patched(Edit.Replace(Site.Result[layer], _means[Site.Result[layer]]) with { Positions = ^1.. });

    /// <summary>[prompts]: the value with an MLP patched.</summary>
    public double[] Mlp(int layer) => Patched(Edit.Replace(Site.MlpOut[layer], _means[Site.MlpOut[layer]]) with { Positions = ^1.. });

    /// <summary>Every sender, patched; one that no receiver comes behind changes nothing, which costs no pass.</summary>
    /// <param name="progress">Told the fraction of layers done.</param>
    public PathPatchingResult Run(IProgress<double>? progress = null)
    {
        int layers = _model.Spec.Layers, heads = _model.Spec.Attention.Heads;
        double[,][] headValues = new double[layers, heads][];
        double[][] attentionValues = new double[layers][], mlpValues = new double[layers][];
        for (int l = 0; l < layers; l++)
        {
            bool reaches = _receivers.Count == 0 || _receivers.Any(r => r.Site.Layer > l);
            for (int h = 0; h < heads; h++)
            {
                headValues[l, h] = reaches ? Head(l, h) : Clean;
            }

            attentionValues[l] = reaches ? Attention(l) : Clean;
            mlpValues[l] = reaches ? Mlp(l) : Clean;
            progress?.Report((l + 1.0) / layers);
        }

        return new PathPatchingResult(Clean, headValues, attentionValues, mlpValues);
    }

    private double[] Patched(Edit sender)
    {
        using var memory = new Arena(_model.Device);
        Edit[] put = _receivers.Count == 0
            ? [.. Recorded(sender, memory, _final).Select((row, s) => Edit.Replace(_final, row) with { Sequences = [s], Positions = ^1.. })]
            : [.. _receivers.GroupBy(r => r.Site).SelectMany(site => Recorded(sender, memory, site.Key)
                .SelectMany((row, s) => site.Select(r => Put(r, row) with { Sequences = [s], Positions = ^1.. })))];
        return _value.Read(Pass(_prompts, new HookSet().Edit(put), memory, _final)[_final]);
    }

    // Pass 3. The sender's edit comes behind those that freeze, so that a frozen sender still writes what is put in. What is
    // recorded is not frozen itself; what comes of that lies behind it.
    private IEnumerable<float[]> Recorded(Edit sender, Arena memory, Site site)
    {
        HookSet third = new HookSet().Edit([.. _frozen.Where(e => e.Site != site), sender]);
        Tensor rows = Pass(_prompts, third, memory, site)[site];
        return _model.Device.Read<float>(rows).Chunk(rows.Width);
    }

    private Edit Put(PatchReceiver receiver, float[] row)
    {
        int size = row.Length / (receiver.Site.Point == SitePoint.Query ? _model.Spec.Attention.Heads : _model.Spec.Attention.KeyValueHeads);
        return Edit.Replace(receiver.Site, row[(receiver.Head * size)..((receiver.Head + 1) * size)]) with { Head = receiver.Head };
    }

    // A pass of which END is kept at some sites, a row a prompt.
    private KeptRows Pass(IReadOnlyList<IReadOnlyList<int>> prompts, HookSet hooks, Arena memory, params Site[] sites)
    {
        var rows = new KeptRows(_model, sites, prompts.Count, memory);
        rows.Tap(hooks, memory.Upload<int>(KeptRows.Ends(prompts)));
        using ForwardResult run = _model.Forward(prompts, hooks, new ForwardOptions { Logits = LogitRows.None });
        return rows;
    }

    private void Freeze(TapContext tap)
    {
        float[] values = tap.Device.Read<float>(tap.Value);
        int at = 0;
        for (int s = 0; s < _prompts.Count; s++)
        {
            int count = _prompts[s].Count * tap.Value.Width;
            _frozen.Add(Edit.Replace(tap.Site, values[at..(at + count)]) with { Sequences = [s], Positions = .._prompts[s].Count });
            at += count;
        }
    }
}
