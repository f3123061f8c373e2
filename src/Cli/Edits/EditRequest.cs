using Weir.Cli.Rendering;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Cli.Edits;

/// <summary>An edit as it was asked for, before the prompts' lengths are known.</summary>
/// <param name="Source">The option as typed, for errors.</param>
/// <param name="Edit">The edit on all positions.</param>
/// <param name="Positions">Its positions.</param>
internal sealed record EditRequest(string Source, Edit Edit, IndexRange Positions)
{
    /// <summary>
    /// The edit for prompts of these lengths: one, or one for each prompt where it ends with the prompt, because the
    /// engine's open ranges go on into the generated text.
    /// </summary>
    public IEnumerable<Edit> Resolve(IReadOnlyList<int> lengths, bool continues)
    {
        RequireEffect(lengths, continues);
        if (!Positions.EndsAtPromptEnd)
        {
            return [Edit with { Positions = Positions.Range }];
        }

        IReadOnlyList<int> sequences = Edit.Sequences ?? [.. Enumerable.Range(0, lengths.Count)];
        return sequences.Select((s, i) => Edit with
        {
            Sequences = [s],
            Coefficients = [Edit.Coefficients.Count == 1 ? Edit.Coefficients[0] : Edit.Coefficients[i]],
            Positions = new Range(Positions.Start, lengths[s]),
        });
    }

    private void RequireEffect(IReadOnlyList<int> lengths, bool continues)
    {
        if (Edit.Coefficients.Count > 1 && Edit.Coefficients.Count != Edit.Sequences?.Count)
        {
            throw new SiteException(Edit.Site.Name, $"InvalidEdit: {Source} has {Edit.Coefficients.Count} factors; give one, or one for each text that @sequences names.");
        }

        int longest = 0;
        bool acts = false;
        foreach (int s in Edit.Sequences ?? [.. Enumerable.Range(0, lengths.Count)])
        {
            if (s >= lengths.Count)
            {
                throw new SiteException(Edit.Site.Name, $"InvalidEdit: {Source} names text {s}, but there {(lengths.Count == 1 ? "is one text, number 0" : $"are {lengths.Count}, numbers 0 to {lengths.Count - 1}")}.");
            }

            longest = Math.Max(longest, lengths[s]);
            (int from, int to) = Positions.In(lengths[s]);
            acts |= from < to || (continues && (Positions.End is null || (!Positions.End.Value.IsFromEnd && Positions.End.Value.Value > lengths[s])));
        }

        if (!acts)
        {
            throw new SiteException(Edit.Site.Name, $"InvalidEdit: {Source} changes nothing, because no position of a text of {Text.Of(longest)} tokens is in its range.");
        }
    }
}
