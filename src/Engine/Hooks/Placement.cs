namespace Weir.Engine.Hooks;

/// <summary>Where an edit acts: rows of a value, what is needed for each, and the ops that act on them.</summary>
internal sealed class Placement
{
    public List<int> Rows { get; } = [];

    public List<float> Coefficients { get; } = [];

    /// <summary>A row of values for each row, where the edit has different ones.</summary>
    public List<float> Operands { get; } = [];

    public List<EditPart> Parts { get; } = [];

    public void Clear()
    {
        Rows.Clear();
        Coefficients.Clear();
        Operands.Clear();
        Parts.Clear();
    }
}
