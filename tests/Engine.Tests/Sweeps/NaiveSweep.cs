using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Engine.Tests.Sweeps;

/// <summary>One forward pass a variant, everything kept, measured on the host: what a sweep must give.</summary>
internal sealed class NaiveSweep(Model model, int[][] prompts, int[][] targets)
{
    public Dictionary<(string Name, int Layer), double> Cell(int prompt, Variant variant)
    {
        int layers = model.Spec.Layers;
        using ForwardResult clean = Run(prompt, []);
        using ForwardResult changed = Run(prompt, variant.Edits);
        var cell = new Dictionary<(string, int), double>();
        for (int l = 0; l < layers; l++)
        {
            Contribution(cell, "attn_out", l, clean, changed, Site.AttentionOut[l], 0);
            Contribution(cell, "mlp_out", l, clean, changed, Site.MlpOut[l], 1);
        }

        Output(cell, prompt, Fixture.Read(model, clean.Logits), Fixture.Read(model, changed.Logits));
        return cell;
    }

    private ForwardResult Run(int prompt, IReadOnlyList<Edit> edits) =>
        model.Forward(prompts[prompt], new HookSet().Capture(Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers).Edit([.. edits]));

    private void Contribution(Dictionary<(string, int), double> cell, string name, int layer, ForwardResult clean, ForwardResult changed, Site site, int first)
    {
        float[] a = Fixture.Read(model, clean[site]), b = Fixture.Read(model, changed[site]);
        int width = model.Spec.Width, rows = a.Length / width;
        double sum = 0, largest = 0, cosine = 0, norm = 0;
        for (int row = first; row < rows; row++)
        {
            double aa = 0, bb = 0, ab = 0, dd = 0;
            for (int i = row * width; i < (row + 1) * width; i++)
            {
                aa += (double)a[i] * a[i];
                bb += (double)b[i] * b[i];
                ab += (double)a[i] * b[i];
                dd += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
            }

            double change = Math.Sqrt(dd) / Math.Max(Math.Sqrt(aa), 1e-6);
            sum += change;
            largest = Math.Max(largest, change);
            cosine += ab / Math.Max(Math.Sqrt(aa) * Math.Sqrt(bb), 1e-12);
            norm += Math.Sqrt(bb);
        }

        int count = rows - first;
        cell[($"{name}.change.mean", layer)] = sum / count;
        cell[($"{name}.change.max", layer)] = largest;
        cell[($"{name}.cosine", layer)] = cosine / count;
        cell[($"{name}.norm", layer)] = norm / count;
    }

    private void Output(Dictionary<(string, int), double> cell, int prompt, float[] clean, float[] changed)
    {
        int vocabulary = model.Spec.VocabularySize, rows = clean.Length / vocabulary;
        double[] sums = new double[4], largest = new double[4];
        for (int row = 0; row < rows; row++)
        {
            double[] p = LogSoftmax(clean.AsSpan(row * vocabulary, vocabulary)), q = LogSoftmax(changed.AsSpan(row * vocabulary, vocabulary));
            double[] d = new double[4];
            for (int i = 0; i < vocabulary; i++)
            {
                double difference = Math.Exp(p[i]) - Math.Exp(q[i]);
                d[0] += Math.Exp(p[i]) * (p[i] - q[i]);
                d[1] += Math.Exp(q[i]) * (q[i] - p[i]);
                d[2] += difference * difference;
                d[3] += Math.Abs(difference) / 2;
            }

            d[2] = Math.Sqrt(d[2]);
            for (int i = 0; i < 4; i++)
            {
                sums[i] += d[i];
                largest[i] = Math.Max(largest[i], d[i]);
            }
        }

        string[] names = ["kl", "kl_reverse", "probability_l2", "total_variation"];
        for (int i = 0; i < 4; i++)
        {
            cell[($"output.{names[i]}.mean", -1)] = sums[i] / rows;
            cell[($"output.{names[i]}.max", -1)] = largest[i];
        }

        double[] before = LogSoftmax(clean.AsSpan((rows - 1) * vocabulary, vocabulary)), after = LogSoftmax(changed.AsSpan((rows - 1) * vocabulary, vocabulary));
        float[] last = changed.AsSpan((rows - 1) * vocabulary, vocabulary).ToArray();
        for (int t = 0; t < 2; t++)
        {
            int id = targets[prompt][t];
            cell[($"target{t}.log_probability", -1)] = after[id];
            cell[($"target{t}.log_probability_change", -1)] = after[id] - before[id];
            cell[($"target{t}.rank", -1)] = last.Where((z, i) => z > last[id] || (z == last[id] && i < id)).Count();
        }

        int first = targets[prompt][0], second = targets[prompt][1];
        cell[("logit_difference", -1)] = after[first] - after[second];
        cell[("logit_difference_change", -1)] = after[first] - after[second] - (before[first] - before[second]);
    }

    private static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        double[] z = Array.ConvertAll(logits.ToArray(), v => (double)v);
        double top = z.Max();
        double lse = top + Math.Log(z.Sum(v => Math.Exp(v - top)));
        return Array.ConvertAll(z, v => v - lse);
    }
}
