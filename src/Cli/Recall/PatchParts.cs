using System.Globalization;
using Weir.Analysis.Recall;
using Weir.Analysis.Statistics;
using Weir.Analysis;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;

namespace Weir.Cli.Recall;

/// <summary>What components do to the answer: path patching, and direct attribution beside it.</summary>
internal sealed class PatchParts(RecallTask task, RecallResult result, RecallOptions options, float threshold)
{
    private readonly ItemResampling _byItem = task.ByItem;
    private readonly PathPatchingResult _patching = result.Patching;

    /// <summary>Adds them.</summary>
    public void Add(Report report) => report.Add(Senders()).Add(HeadMap()).Add(MlpBars()).Add(Attribution());

    private TablePart Senders()
    {
        string how = options.TakesFourPasses ? "four passes a sender" : "exact short-cut";
        TablePart table = new TablePart("senders", $"Path patching to {PatchJson.Receiver(options)}")
        {
            Figure = "heat map of heads",
            Note = $"The sender writes at the last position its mean over corrupted prompts ({task.Corruption}; {how}{(options.FreezeMlps ? ", MLPs frozen" : "")}). Change of {MetricName}, with its 95 % interval over items, from n prompts; score: change in percent of the clean mean {Text.Fixed(_patching.CleanMean, 2)}; attribution: what the sender itself adds to pi of the answer",
            MostOnScreen = 10,
        }.Column("sender", flexible: false).Number("score %", "F1").Number("change", "F2").Number("low", "F2").Number("high", "F2").Number("n", "N0").Number("attribution", "F2");
        var senders = _patching.Kept(threshold)
            .Select(k => (Name: $"L{k.Layer}H{k.Head}", Patched: _patching.Heads[k.Layer, k.Head], Part: (AttributionPart?)result.Attribution.Head(k.Layer, k.Head)))
            .Concat(_patching.Attentions.Select((p, l) => (Name: $"L{l} all heads", Patched: p, Part: (AttributionPart?)null)))
            .Concat(_patching.Mlps.Select((p, l) => (Name: $"MLP{l}", Patched: p, Part: (AttributionPart?)result.Attribution.Mlp(l))))
            .OrderByDescending(s => Math.Abs(_patching.Change(s.Patched)));
        foreach ((string name, double[] patched, AttributionPart? part) in senders)
        {
            Estimate change = _byItem.Mean(_patching.Changes(patched));
            table.Row(name, _patching.Score(patched), change.Mean, change.Low, change.High, change.Count, part?.Mean);
        }

        return table;
    }

    private HeatMapPart HeadMap()
    {
        int layers = _patching.Heads.GetLength(0), heads = _patching.Heads.GetLength(1);
        double[,] values = Maps.Of(layers, heads, (_, _) => double.NaN);
        foreach ((int l, int h, double score) in _patching.Kept(threshold))
        {
            values[l, h] = score;
        }

        return new HeatMapPart("heads", "Score of each head", Names(layers), Names(heads), values)
        {
            RowAxis = "layer",
            ColumnAxis = "head",
            ValueAxis = $"change of {MetricName}, %",
            Diverging = true,
            Figure = "heat map of heads",
            Note = "Purple: the measured value falls without what the head says of this very prompt; orange: it rises.",
        };
    }

    private LinesPart MlpBars() =>
        new LinesPart("mlps", "Score of each MLP", "layer", $"change of {MetricName}, %", [.. _patching.Mlps.Select((_, l) => (double)l)]) { Bars = true }
            .Line("MLP", [.. _patching.Mlps.Select(_patching.Score)]);

    private LinesPart Attribution() =>
        new LinesPart("attribution", "Direct attribution of pi of the answer", "component", "logits", [.. result.Attribution.Parts.Select((_, i) => (double)i)])
        {
            Bars = true,
            Labels = [.. result.Attribution.Parts.Select(p => p.Name)],
            Note = string.Create(CultureInfo.InvariantCulture, $"Parts add up to pi; largest difference {result.Attribution.LargestError:G2}. A bias of values counts with the attention, not with its heads."),
        }.Line("mean", [.. result.Attribution.Parts.Select(p => p.Mean)]);

    private string MetricName => options.Metric switch
    {
        RecallMetric.Answer => "pi(answer)",
        RecallMetric.Topic => "pi(topic)",
        _ => "pi(answer) - pi(topic)",
    };

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => Text.Of(i))];
}
