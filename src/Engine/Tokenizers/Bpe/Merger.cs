namespace Weir.Engine.Tokenizers;

/// <summary>
/// Merges symbols: always the pair of lowest rank, the leftmost of equals. Short words by looking over the ranks
/// again and again, long ones with a heap and a linked list, in O(n log n).
/// </summary>
internal sealed class Merger
{
    private const int ShortWord = 32;
    private const int NoRank = int.MaxValue;

    private readonly MergeQueue _queue = new();
    private readonly int[] _ranks = new int[ShortWord];
    private readonly int[] _results = new int[ShortWord];
    private int[] _next = [];
    private int[] _previous = [];

    /// <summary>Merges in place.</summary>
    /// <returns>How many symbols are left, at the front.</returns>
    public int Merge(Span<int> symbols, PairTable merges) =>
        symbols.Length <= ShortWord ? MergeShort(symbols, merges) : MergeLong(symbols, merges);

    private int MergeShort(Span<int> symbols, PairTable merges)
    {
        int count = symbols.Length;
        for (int i = 0; i + 1 < count; i++)
            Look(symbols, i, merges);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i < count - 1; i++)
            {
                if (_ranks[i] < _ranks[best])
                    best = i;
            }
            if (_ranks[best] == NoRank)
                break;
            symbols[best] = _results[best];
            count--;
            symbols[(best + 2)..(count + 1)].CopyTo(symbols[(best + 1)..]);
            if (best + 1 < count)
            {
                _ranks.AsSpan(best + 2, count - best - 2).CopyTo(_ranks.AsSpan(best + 1));
                _results.AsSpan(best + 2, count - best - 2).CopyTo(_results.AsSpan(best + 1));
                Look(symbols, best, merges);
            }
            if (best > 0)
                Look(symbols, best - 1, merges);
        }
        return count;
    }

    private void Look(Span<int> symbols, int at, PairTable merges)
    {
        if (merges.TryGet(symbols[at], symbols[at + 1], out int rank, out _results[at]))
            _ranks[at] = rank;
        else
            _ranks[at] = NoRank;
    }

    private int MergeLong(Span<int> symbols, PairTable merges)
    {
        int count = symbols.Length;
        if (_next.Length < count)
        {
            _next = new int[count];
            _previous = new int[count];
        }
        for (int i = 0; i < count; i++)
        {
            _next[i] = i + 1;
            _previous[i] = i - 1;
            if (i + 1 < count && merges.TryGet(symbols[i], symbols[i + 1], out int rank, out _))
                _queue.AddUnordered(rank, i);
        }
        _queue.Order();
        while (_queue.Count > 0)
        {
            (int rank, int at) = _queue.Take();
            int right = _next[at];
            // A pair that has changed since it was queued has another rank by now, or none.
            if (symbols[at] < 0 || right == count || !merges.TryGet(symbols[at], symbols[right], out int current, out int merged) ||
                current != rank)
                continue;
            symbols[at] = merged;
            symbols[right] = -1;
            int after = _next[right];
            _next[at] = after;
            int before = _previous[at];
            if (after < count)
            {
                _previous[after] = at;
                if (merges.TryGet(merged, symbols[after], out rank, out _))
                    _queue.Add(rank, at);
            }
            if (before >= 0 && merges.TryGet(symbols[before], merged, out rank, out _))
                _queue.Add(rank, before);
        }
        int left = 0;
        for (int i = 0; i < count; i = _next[i])
            symbols[left++] = symbols[i];
        return left;
    }
}
