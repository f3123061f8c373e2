namespace Weir.Engine.Sweeps;

/// <summary>Collects what metrics measure, cell by cell.</summary>
public sealed class SweepRecorder
{
    private readonly IReadOnlyList<int> _prompts;
    private readonly int _variants;
    private readonly List<SweepValue>[] _cells;

    internal SweepRecorder(IReadOnlyList<int> prompts, int variants)
    {
        _prompts = prompts;
        _variants = variants;
        _cells = [.. Enumerable.Range(0, prompts.Count * variants).Select(_ => new List<SweepValue>())];
    }

    /// <summary>Adds a number.</summary>
    /// <param name="sequence">Sequence of the stage's rows.</param>
    /// <param name="variant">Number of the variant in the sweep's list.</param>
    /// <param name="name">What was measured.</param>
    /// <param name="layer">At which layer; -1 at the output.</param>
    /// <param name="value">The number.</param>
    public void Add(int sequence, int variant, string name, int layer, double value) =>
        _cells[(sequence * _variants) + variant].Add(new SweepValue(name, layer, value));

    internal SweepCell Cell(int sequence, int variant, Variant what) => new(_prompts[sequence], variant, what.Name, _cells[(sequence * _variants) + variant]);
}
