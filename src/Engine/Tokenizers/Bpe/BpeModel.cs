using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Weir.Engine.Tokenizers;

/// <summary>Byte-pair encoding: a word becomes its characters, then merges join neighbours by rank.</summary>
internal sealed class BpeModel
{
    private const int ByteTokenLength = 6; // <0x0A>

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;
    private readonly int _longestPiece;
    private readonly int[] _characterIds = new int[0x10000];
    private readonly Dictionary<int, int> _astralIds = [];
    private readonly int[] _byteIds = new int[256];
    private readonly PairTable _merges;
    private readonly PairTable _joints;
    private readonly BpeOptions _options;

    /// <summary>Makes a model.</summary>
    /// <param name="ids">The vocabulary.</param>
    /// <param name="merges">The merges in the order of their rank: left, right and merged token.</param>
    /// <param name="options">The settings.</param>
    public BpeModel(Dictionary<string, int> ids, IReadOnlyList<(string Left, string Right, int Merged)> merges, BpeOptions options)
    {
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _options = options;
        Array.Fill(_characterIds, -1);
        Array.Fill(_byteIds, -1);
        foreach ((string piece, int id) in ids)
        {
            _longestPiece = Math.Max(_longestPiece, piece.Length);
            if (piece.Length == 1)
                _characterIds[piece[0]] = id;
            else if (piece.Length == 2 && char.IsSurrogatePair(piece[0], piece[1]))
                _astralIds[char.ConvertToUtf32(piece[0], piece[1])] = id;
        }
        for (int b = 0; options.ByteFallback && b < 256; b++)
            _byteIds[b] = ids.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), -1);

        _merges = new(merges.Count);
        string? unknown = options.UnknownId >= 0 ? ids.First(entry => entry.Value == options.UnknownId).Key : null;
        HashSet<(int Left, int Right)> joints = [];
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (string left, string right, int merged) = merges[rank];
            _merges.Set(ids[left], ids[right], rank, merged);
            AddJoints(left, right, unknown, joints);
        }
        _joints = new(joints.Count);
        foreach ((int left, int right) in joints)
            _joints.Set(left, right, 0, 0);
    }

    /// <summary>Adds the ids of one word.</summary>
    public void Encode(ReadOnlySpan<char> word, EncodeWorkspace workspace, List<int> output)
    {
        if (word.Length > WordCache.MaxLength)
        {
            EncodeUncached(word, workspace, output);
            return;
        }
        if (workspace.Cache.TryGet(word, out ReadOnlySpan<int> known))
        {
            output.AddRange(known);
            return;
        }
        int before = output.Count;
        EncodeUncached(word, workspace, output);
        workspace.Cache.Add(word, CollectionsMarshal.AsSpan(output)[before..]);
    }

    private void EncodeUncached(ReadOnlySpan<char> word, EncodeWorkspace workspace, List<int> output)
    {
        if (_options.IgnoreMerges && word.Length <= _longestPiece && _idsBySpan.TryGetValue(word, out int whole))
        {
            output.Add(whole);
            return;
        }
        List<int> symbols = workspace.Symbols;
        symbols.Clear();
        bool unknownWaits = false;
        int partStart = 0;
        for (int i = 0; i < word.Length;)
        {
            int id = IdOfCharacter(word, i, out int length);
            bool inBytes = id < 0 && _options.ByteFallback && HasBytes(word.Slice(i, length));
            if (id >= 0 || inBytes)
            {
                // No merge spans a joint that no merge makes, so what stands before it is a word of its own.
                int first = id >= 0 ? id : FirstByteId(word.Slice(i, length));
                if (symbols.Count > 0 && !unknownWaits && !_joints.Contains(symbols[^1], first))
                {
                    EncodePart(word[partStart..i], isWhole: false, workspace, output);
                    partStart = i;
                }
            }
            if (id >= 0)
            {
                if (unknownWaits)
                    symbols.Add(_options.UnknownId);
                unknownWaits = false;
                symbols.Add(id);
            }
            else if (inBytes)
            {
                AddBytes(word.Slice(i, length), symbols); // an unknown one that waits comes behind them, as in the reference
            }
            else if (_options.UnknownId >= 0)
            {
                if (unknownWaits && !_options.FuseUnknown)
                    symbols.Add(_options.UnknownId);
                unknownWaits = true;
            }
            i += length;
        }
        if (unknownWaits)
            symbols.Add(_options.UnknownId);
        EncodePart(word[partStart..], isWhole: partStart == 0, workspace, output);
    }

    /// <summary>Merges the symbols gathered so far, which spell a part of a word, and adds them.</summary>
    private void EncodePart(ReadOnlySpan<char> part, bool isWhole, EncodeWorkspace workspace, List<int> output)
    {
        Span<int> symbols = CollectionsMarshal.AsSpan(workspace.Symbols);
        if (symbols.Length > 1)
        {
            // Whole words are cached by the caller; with ignore_merges a part and a word may differ.
            bool cached = !isWhole && !_options.IgnoreMerges && part.Length <= WordCache.MaxLength;
            if (cached && workspace.Cache.TryGet(part, out ReadOnlySpan<int> known))
            {
                output.AddRange(known);
                workspace.Symbols.Clear();
                return;
            }
            symbols = symbols[..workspace.Merger.Merge(symbols, _merges)];
            if (cached)
                workspace.Cache.Add(part, symbols);
        }
        output.AddRange(symbols);
        workspace.Symbols.Clear();
    }

    private int IdOfCharacter(ReadOnlySpan<char> word, int at, out int length)
    {
        int codePoint = CharacterClasses.CodePointAt(word, at, out length);
        return length == 1 ? _characterIds[codePoint] : _astralIds.GetValueOrDefault(codePoint, -1);
    }

    private static ReadOnlySpan<byte> BytesOf(ReadOnlySpan<char> character, Span<byte> buffer) =>
        buffer[..Encoding.UTF8.GetBytes(character, buffer)];

    private int FirstByteId(ReadOnlySpan<char> character) => _byteIds[BytesOf(character, stackalloc byte[4])[0]];

    private bool HasBytes(ReadOnlySpan<char> character)
    {
        foreach (byte b in BytesOf(character, stackalloc byte[4]))
        {
            if (_byteIds[b] < 0)
                return false;
        }
        return true;
    }

    private void AddBytes(ReadOnlySpan<char> character, List<int> symbols)
    {
        foreach (byte b in BytesOf(character, stackalloc byte[4]))
            symbols.Add(_byteIds[b]);
    }

    /// <summary>Notes which symbols a merge brings together.</summary>
    private void AddJoints(string left, string right, string? unknown, HashSet<(int Left, int Right)> joints)
    {
        foreach (int a in Ends(left, unknown, atStart: false))
        {
            foreach (int b in Ends(right, unknown, atStart: true))
                joints.Add((a, b));
        }
    }

    /// <summary>The symbols that a piece may begin or end with: a character, a byte token or the unknown token.</summary>
    private List<int> Ends(string piece, string? unknown, bool atStart)
    {
        List<int> ends = [];
        int last = piece.Length > 1 && char.IsLowSurrogate(piece[^1]) ? piece.Length - 2 : piece.Length - 1;
        Take(IdOfCharacter(piece, atStart ? 0 : last, out _));
        if (piece.Length >= ByteTokenLength)
        {
            int id = _ids.GetValueOrDefault(atStart ? piece[..ByteTokenLength] : piece[^ByteTokenLength..], -1);
            Take(Array.IndexOf(_byteIds, id) >= 0 ? id : -1);
        }
        bool isUnknown = unknown is not null &&
            (atStart ? piece.StartsWith(unknown, StringComparison.Ordinal) : piece.EndsWith(unknown, StringComparison.Ordinal));
        Take(isUnknown ? _options.UnknownId : -1);
        return ends;

        void Take(int id)
        {
            if (id >= 0)
                ends.Add(id);
        }
    }
}
