using System.Runtime.InteropServices;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Engine.Sweeps;

namespace Weir.Cli.Sweeps;

/// <summary>
/// A sweep's numbers as means over its prompts, with their intervals. A prompt whose number is none is not left out: the mean
/// is none then, and has no interval.
/// </summary>
internal sealed class SweepMeans
{
    private readonly Dictionary<(int Variant, string Measure, int Layer), List<double>> _values = [];
    private readonly HashSet<string> _measures = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _prompts = [];

    /// <summary>Gathers the numbers of cells.</summary>
    public SweepMeans(IReadOnlyList<SweepCell> cells)
    {
        foreach (SweepCell cell in cells)
        {
            _prompts[cell.Variant] = PromptsOf(cell.Variant) + 1;
            foreach ((string name, int layer, double value) in cell.Values)
            {
                _measures.Add(name);
                if (!_values.TryGetValue((cell.Variant, name, layer), out List<double>? values))
                {
                    _values[(cell.Variant, name, layer)] = values = [];
                }

                values.Add(value);
            }
        }

        Variants = [.. cells.Select(c => (c.Variant, c.Name)).Distinct().OrderBy(v => v.Variant)];
    }

    /// <summary>The variants that were measured, by number and name.</summary>
    public IReadOnlyList<(int Index, string Name)> Variants { get; }

    /// <summary>True where some variant was measured on several prompts: means have intervals then.</summary>
    public bool AreOfSeveral => _prompts.Values.Any(n => n > 1);

    /// <summary>What a figure's axis says of means: ", mean over 3 prompts"; nothing where there is one prompt.</summary>
    public string Over => AreOfSeveral ? $", mean over {Prompts}" : "";

    /// <summary>How many prompts means are over, as a text.</summary>
    public string Prompts
    {
        get
        {
            (int least, int most) = (_prompts.Values.DefaultIfEmpty(0).Min(), _prompts.Values.DefaultIfEmpty(0).Max());
            return least == most ? Text.Count(most, "prompt") : $"{least} to {most} prompts";
        }
    }

    /// <summary>Prompts on which a variant was measured.</summary>
    public int PromptsOf(int variant) => _prompts.GetValueOrDefault(variant);

    /// <summary>True where there are numbers of a measure.</summary>
    public bool Has(string measure) => _measures.Contains(measure);

    /// <summary>True where a variant has numbers of a measure at a layer: none in front of what it changes.</summary>
    public bool Has(int variant, string measure, int layer) => _values.ContainsKey((variant, measure, layer));

    /// <summary>A mean; NaN where nothing was measured, or on some prompt no number.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="measure">The measure.</param>
    /// <param name="layer">The layer; -1 for the output.</param>
    public double Mean(int variant, string measure, int layer = -1) => _values.TryGetValue((variant, measure, layer), out List<double>? values) ? values.Average() : double.NaN;

    /// <summary>The same with its interval.</summary>
    public Estimate Of(int variant, string measure, int layer = -1)
    {
        double mean = Mean(variant, measure, layer);
        return double.IsFinite(mean)
            ? Bootstrap.Mean(CollectionsMarshal.AsSpan(_values[(variant, measure, layer)]))
            : new Estimate(mean, double.NaN, double.NaN, PromptsOf(variant));
    }

    /// <summary>Intervals of a map of means, or null where there is one prompt.</summary>
    /// <param name="rows">Rows of the map.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="at">The mean in a place.</param>
    public (double[,] Low, double[,] High)? Intervals(int rows, int columns, Func<int, int, Estimate> at)
    {
        if (!AreOfSeveral)
        {
            return null;
        }

        double[,] low = new double[rows, columns], high = new double[rows, columns];
        Parallel.For(0, rows, r =>
        {
            for (int c = 0; c < columns; c++)
            {
                (_, low[r, c], high[r, c], _) = at(r, c);
            }
        });
        return (low, high);
    }
}
