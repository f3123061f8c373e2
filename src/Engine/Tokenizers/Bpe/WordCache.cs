namespace Weir.Engine.Tokenizers;

/// <summary>The ids of words met before. Full, it starts anew, so that its memory is bounded.</summary>
internal sealed class WordCache
{
    /// <summary>Longer words seldom return.</summary>
    public const int MaxLength = 64;

    private const int MaxWords = 1 << 16;

    private readonly Dictionary<string, (int Start, int Count)> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Start, int Count)>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<int> _ids = [];

    public WordCache() => _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    public bool TryGet(ReadOnlySpan<char> word, out ReadOnlySpan<int> ids)
    {
        bool found = _lookup.TryGetValue(word, out (int Start, int Count) place);
        ids = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids).Slice(place.Start, place.Count);
        return found;
    }

    public void Add(ReadOnlySpan<char> word, ReadOnlySpan<int> ids)
    {
        if (_words.Count == MaxWords)
        {
            _words.Clear();
            _ids.Clear();
        }
        _lookup[word] = (_ids.Count, ids.Length);
        _ids.AddRange(ids);
    }
}
