using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>Attention from END to the topic beside what the head writes along the topic's row of the unembedding.</summary>
public static class MoverHeads
{
    private const int MostTokens = 1024;

    /// <summary>Measures some heads.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="states">Their states.</param>
    /// <param name="unembedding">The model's unembedding.</param>
    /// <param name="heads">The heads, layer and number.</param>
    public static IReadOnlyList<MoverHead> Run(
        Model model, IReadOnlyList<FactPrompt> prompts, EndStates states, Unembedding unembedding, IReadOnlyList<(int Layer, int Head)> heads)
    {
        int[] layers = [.. heads.Select(h => h.Layer).Distinct().Order()];
        Dictionary<(int, int), double[]> attention = Attention(model, prompts, heads, layers);
        LogitDirections topics = unembedding.Logit([.. prompts.Select(p => p.TopicId)]);
        var writes = layers.ToDictionary(l => l, l => Writes(model, states, topics, l));
        var byItem = new ItemResampling([.. prompts.Select(p => p.Item)]);
        return [.. heads.Select(h =>
        {
            double[] x = attention[h], y = writes[h.Layer][h.Head];
            return new MoverHead(h.Layer, h.Head, x, y, byItem.Of(rows => Pearson(x, y, rows), x, y));
        })];
    }

    private static Dictionary<(int, int), double[]> Attention(
        Model model, IReadOnlyList<FactPrompt> prompts, IReadOnlyList<(int Layer, int Head)> heads, int[] layers)
    {
        var values = heads.Distinct().ToDictionary(h => h, _ => new double[prompts.Count]);
        for (int first = 0; first < prompts.Count;)
        {
            int end = first, tokens = 0;
            while (end < prompts.Count && (end == first || tokens + prompts[end].Tokens.Count <= MostTokens))
            {
                tokens += prompts[end++].Tokens.Count;
            }

            using ForwardResult run = model.Forward(
                [.. prompts.Skip(first).Take(end - first).Select(p => p.Tokens)],
                new HookSet().Capture([.. layers.Select(l => Site.Pattern[l])]), new ForwardOptions { Logits = LogitRows.None });
            for (int n = first; n < end; n++)
            {
                foreach (int l in layers)
                {
                    Tensor map = run.AttentionMapOf(Site.Pattern[l], n - first);
                    float[] pattern = model.Device.Read<float>(map);
                    int length = prompts[n].Tokens.Count;
                    foreach ((int _, int h) in heads.Where(h => h.Layer == l))
                    {
                        values[(l, h)][n] = pattern[(((h * length) + length - 1) * length) + prompts[n].TopicPosition];
                    }
                }
            }

            first = end;
        }

        return values;
    }

    private static double[][] Writes(Model model, EndStates states, LogitDirections topics, int layer)
    {
        int heads = model.Spec.Attention.Heads, width = model.Spec.Width;
        double[][] writes = [.. Enumerable.Range(0, heads).Select(_ => new double[states.Count])];
        using var memory = new Arena(model.Device);
        foreach ((int first, int count) in RowGroups.Of(model.Spec, states.Count, heads))
        {
            memory.Reset();
            Tensor results = memory.Allocate(new Shape(count, heads * width));
            model.Sublayers.HeadResults(layer, states.Z(layer).RowRange(first, count), results);
            double[] dots = LogitDirections.Dots(model, memory, results.Reshape(count * heads, width), topics.Rows.AsSpan(first * width, count * width), heads);
            for (int i = 0; i < dots.Length; i++)
            {
                writes[i % heads][first + (i / heads)] = dots[i];
            }
        }

        return writes;
    }

    private static double Pearson(double[] x, double[] y, IReadOnlyList<int> rows)
    {
        if (rows.Count == 0)
        {
            return double.NaN;
        }

        double mx = rows.Average(i => x[i]), my = rows.Average(i => y[i]);
        double xy = 0, xx = 0, yy = 0;
        foreach (int i in rows)
        {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
        }

        return xx == 0 || yy == 0 ? double.NaN : xy / Math.Sqrt(xx * yy);
    }
}
