using Weir.Cli.Reports;

namespace Weir.Cli.Neurons;

/// <summary>Shares of neurons and of random vectors by probability, in even steps of its logarithm.</summary>
internal static class ProbabilityHistogram
{
    private const int Bins = 40;

    /// <summary>Bounds of the bins, ascending, and how many values lie in each; what is no number lies in none.</summary>
    public static (double[] Edges, int[] Counts, int[] NullCounts) Count(double[] values, double[] nulls)
    {
        values = Array.FindAll(values, double.IsFinite);
        nulls = Array.FindAll(nulls, double.IsFinite);
        if (values.Length == 0 || nulls.Length == 0)
        {
            return (Array.ConvertAll(new double[Bins + 1], _ => double.NaN), new int[Bins], new int[Bins]);
        }

        double low = Math.Log(Math.Max(Math.Min(values.Min(), nulls.Min()), 1e-12)), high = Math.Log(Math.Max(values.Max(), nulls.Max()));
        double step = Math.Max((high - low) / Bins, 1e-9);
        int[] In(double[] all)
        {
            int[] counts = new int[Bins];
            foreach (double p in all)
            {
                counts[Math.Clamp((int)((Math.Log(Math.Max(p, 1e-12)) - low) / step), 0, Bins - 1)]++;
            }

            return counts;
        }

        return ([.. Enumerable.Range(0, Bins + 1).Select(i => Math.Exp(low + (i * step)))], In(values), In(nulls));
    }

    /// <summary>The figure: log10 of 1 + count, random vectors scaled to as many as there are neurons.</summary>
    public static ReportPart Part(string name, string title, double[] values, double[] nulls)
    {
        (double[] edges, int[] counts, int[] random) = Count(values, nulls);
        double[] middle = [.. Enumerable.Range(0, Bins).Select(i => Math.Log10(Math.Sqrt(edges[i] * edges[i + 1])))];
        double factor = (double)counts.Sum() / Math.Max(1, random.Sum());
        return new LinesPart(name, title, "log10 p", "log10(1 + count)", middle)
            .Line("neurons", [.. counts.Select(c => Math.Log10(1 + c))])
            .Line("random vectors of the same lengths", [.. random.Select(c => Math.Log10(1 + (factor * c)))]);
    }
}
