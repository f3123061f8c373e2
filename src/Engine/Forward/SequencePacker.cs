using Weir.Kernels;

namespace Weir.Engine.Forward;

/// <summary>Lays sequences out as packed rows and checks them.</summary>
internal static class SequencePacker
{
    /// <summary>The rows of sequences, after what a cache holds of them.</summary>
    /// <exception cref="WeirException">No tokens, too many, or ids outside the vocabulary.</exception>
    public static PackedRows Pack(Model model, IReadOnlyList<IReadOnlyList<int>> sequences, KeyValueCache? cache)
    {
        if (sequences.Count == 0 || sequences.All(s => s.Count == 0))
        {
            throw new WeirException("EmptyPrompt: there is no token to run; give a text with at least one token.");
        }

        if (cache is not null && (cache.Lengths.Count != sequences.Count || !cache.IsOf(model)))
        {
            throw new WeirException(cache.IsOf(model)
                ? $"The cache holds {cache.Lengths.Count} sequences, but the batch has {sequences.Count}; make one for this batch."
                : "The cache was made for another model; make one for this model.");
        }

        int[] offsets = new int[sequences.Count + 1];
        int[] starts = new int[sequences.Count];
        for (int s = 0; s < sequences.Count; s++)
        {
            starts[s] = cache?.Lengths[s] ?? 0;
            offsets[s + 1] = offsets[s] + sequences[s].Count;
            int end = starts[s] + sequences[s].Count;
            if (end > model.Spec.ContextLength)
            {
                throw new WeirException($"ContextExceeded: sequence {s} has {end} tokens, but the model takes at most {model.Spec.ContextLength}; shorten it.");
            }

            foreach (int token in sequences[s])
            {
                if ((uint)token >= (uint)model.Spec.VocabularySize)
                {
                    throw new WeirException($"TokenOutOfRange: sequence {s} holds token {token}, but the vocabulary has {model.Spec.VocabularySize} ids.");
                }
            }
        }

        return new PackedRows(offsets, starts);
    }

    /// <summary>Their tokens in packed order.</summary>
    public static int[] Tokens(IReadOnlyList<IReadOnlyList<int>> sequences) => [.. sequences.SelectMany(s => s)];
}
