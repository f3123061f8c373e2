using Weir.Analysis.Neurons;
using Weir.Engine;

namespace Weir.Cli.Neurons;

/// <summary>What an edit did.</summary>
/// <param name="word">The concept, or null where only patches were measured.</param>
/// <param name="texts">Where it was measured.</param>
/// <param name="costs">What it cost elsewhere.</param>
internal sealed class EditOutcome(string? word, EditTexts texts, EditCosts costs)
{
    /// <summary>The concept, or null.</summary>
    public string? Word => word;

    /// <summary>Where it was measured.</summary>
    public EditTexts Texts => texts;

    /// <summary>What it cost elsewhere.</summary>
    public EditCosts Costs => costs;

    /// <summary>The concept's direction, or null.</summary>
    public ConceptVectorResult? Vector { get; set; }

    /// <summary>Vectors that were turned round.</summary>
    public IReadOnlyList<ConceptEditStep> Steps { get; set; } = [];

    /// <summary>The concept's probability with as many vectors drawn at random turned round instead, draw by draw.</summary>
    public double[] Control { get; set; } = [];

    /// <summary>Vectors that were put back.</summary>
    public int Restored { get; private set; }

    /// <summary>True where the model is what it was before, by its bits and by what it says.</summary>
    public bool IsRestored { get; private set; }

    /// <summary>Takes patches off, the last first, and compares.</summary>
    public void Undo(Model model, IReadOnlyList<VectorPatch> patches)
    {
        foreach (VectorPatch patch in patches.Reverse())
        {
            patch.Undo(model);
            Restored += patch.Edits.Count;
        }

        // The oldest bits of a place are those of the first edit there.
        bool bits = patches.SelectMany(p => p.Edits).GroupBy(e => e.Old.Vector).All(g => model.Vectors[g.Key].Bits.AsSpan().SequenceEqual(g.First().Old.Bits));
        IsRestored = bits && texts.AreAsBefore(model);
    }
}
