namespace Weir.Analysis.Parity;

/// <summary>The comparison of a model with its reference.</summary>
/// <param name="Location">The model's directory.</param>
/// <param name="Family">The model's family.</param>
/// <param name="Rows">One row a reference tensor.</param>
/// <param name="Skipped">Reference tensors that are not compared, with the reason.</param>
public sealed record ParityReport(
    string Location, string Family, IReadOnlyList<ParityRow> Rows, IReadOnlyList<(string Reference, string Reason)> Skipped)
{
    /// <summary>True where every row passed and there was at least one.</summary>
    public bool Passed => Rows.Count > 0 && Rows.All(r => r.Passed);
}
