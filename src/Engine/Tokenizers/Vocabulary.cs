namespace Weir.Engine.Tokenizers;

/// <summary>All tokens of a file: the model's and the added ones.</summary>
internal sealed class Vocabulary
{
    private readonly string?[] _pieces;
    private readonly string?[] _decoded;
    private readonly bool[] _special;
    private readonly bool[] _skipped;
    private readonly Dictionary<string, int> _modelIds;
    private readonly Dictionary<string, int> _addedIds = new(StringComparer.Ordinal);

    /// <summary>Makes the vocabulary.</summary>
    /// <param name="modelIds">The model's tokens; ids distinct and not negative.</param>
    /// <param name="added">The added tokens with the normalized text of those that are normalized.</param>
    public Vocabulary(Dictionary<string, int> modelIds, IReadOnlyList<(string Sought, AddedToken Token)> added)
    {
        _modelIds = modelIds;
        int size = modelIds.Values.Concat(added.Select(static entry => entry.Token.Id)).DefaultIfEmpty(-1).Max() + 1;
        _pieces = new string?[size];
        _special = new bool[size];
        _skipped = new bool[size];
        foreach ((string piece, int id) in modelIds)
            _pieces[id] = piece;
        foreach ((_, AddedToken token) in added)
        {
            _pieces[token.Id] = token.Content;
            _addedIds[token.Content] = token.Id;
            _special[token.Id] = token.Special;
        }
        _decoded = [.. _pieces];
        foreach ((string sought, AddedToken token) in added)
            _decoded[token.Id] = sought;
        // The reference leaves out by text, so a token that decodes to a special one's text goes too.
        HashSet<string> specials = [.. added.Where(static entry => entry.Token.Special).Select(static entry => entry.Token.Content)];
        for (int id = 0; id < size; id++)
            _skipped[id] = _decoded[id] is { } text && specials.Contains(text);
    }

    public int Size => _pieces.Length;

    public string? Piece(int id) => (uint)id < (uint)_pieces.Length ? _pieces[id] : null;

    public int? IdOf(string piece) =>
        _addedIds.TryGetValue(piece, out int id) || _modelIds.TryGetValue(piece, out id) ? id : null;

    public bool IsSpecial(int id) => (uint)id < (uint)_special.Length && _special[id];

    /// <summary>What the decoder is given for an id; null if nothing.</summary>
    public string? TokenToDecode(int id, bool skipSpecial)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        return id < _decoded.Length && !(skipSpecial && _skipped[id]) ? _decoded[id] : null;
    }
}
