using System.Buffers;
using System.Collections.Concurrent;
using System.Text;

namespace Weir.Engine.Tokenizers;

/// <summary>A tokenizer put together from the components that a file names.</summary>
internal sealed class Tokenizer : ITokenizer
{
    private readonly Vocabulary _vocabulary;
    private readonly AddedTokens _addedTokens;
    private readonly PreTokenizer[] _preTokenizers;
    private readonly BpeModel _model;
    private readonly SpecialTokenTemplate _template;
    private readonly IReadOnlyList<Func<DecodeStep>> _decoder;
    private readonly ConcurrentBag<EncodeWorkspace> _workspaces = [];
    private readonly string?[] _texts;

    public Tokenizer(Vocabulary vocabulary, AddedTokens addedTokens, PreTokenizer[] preTokenizers, BpeModel model,
        SpecialTokenTemplate template, IReadOnlyList<Func<DecodeStep>> decoder)
    {
        _vocabulary = vocabulary;
        _addedTokens = addedTokens;
        _preTokenizers = preTokenizers;
        _model = model;
        _template = template;
        _decoder = decoder;
        _texts = new string?[vocabulary.Size];
    }

    public int VocabularySize => _vocabulary.Size;

    public int[] Encode(string text, bool addSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        EncodeWorkspace workspace = _workspaces.TryTake(out EncodeWorkspace? kept) ? kept : new();
        _addedTokens.Split(WellFormed(text), workspace.Source);
        foreach (PreTokenizer preTokenizer in _preTokenizers)
        {
            preTokenizer.Apply(workspace.Source, workspace.Target);
            (workspace.Source, workspace.Target) = (workspace.Target, workspace.Source);
        }
        workspace.Ids.Clear();
        for (int i = 0; i < workspace.Source.Count; i++)
        {
            Segment segment = workspace.Source[i];
            if (segment.Token >= 0)
                workspace.Ids.Add(segment.Token);
            else
                _model.Encode(workspace.Source.Text(segment), workspace, workspace.Ids);
        }
        int[] ids = _template.Apply(workspace.Ids, addSpecialTokens);
        _workspaces.Add(workspace);
        return ids;
    }

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        DecoderStream stream = new(_vocabulary, _decoder, skipSpecialTokens);
        foreach (int id in ids)
            stream.Push(id);
        return stream.Finish();
    }

    public TokenStream Stream(bool skipSpecialTokens) => new DecoderStream(_vocabulary, _decoder, skipSpecialTokens);

    public string TokenText(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (_vocabulary.TokenToDecode(id, skipSpecial: false) is not { } token)
            return $"[token {id}]";
        return _texts[id] ??= Readable(id, token);
    }

    public string Piece(int id) =>
        _vocabulary.Piece(id) ?? throw new ArgumentOutOfRangeException(nameof(id), id, "The vocabulary has no such id.");

    public int? IdOf(string piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        return _vocabulary.IdOf(piece);
    }

    public bool IsSpecial(int id) => _vocabulary.IsSpecial(id);

    private static string WellFormed(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            return text;
        StringBuilder mended = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes()) // reads a lone surrogate as U+FFFD
            mended.Append(rune.ToString());
        return mended.ToString();
    }

    private string Readable(int id, string token)
    {
        string text = Decode([id], skipSpecialTokens: false);
        if (!text.Contains('\uFFFD', StringComparison.Ordinal))
            return text;
        List<byte> bytes = [];
        if (ByteFallbackStep.ByteOf(token) is >= 0 and int single)
            bytes.Add((byte)single);
        else
            ByteLevelStep.AppendBytes(token, bytes);

        StringBuilder readable = new();
        ReadOnlySpan<byte> rest = bytes.ToArray();
        while (!rest.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(rest, out Rune rune, out int count);
            if (status == OperationStatus.Done)
                readable.Append(rune.ToString());
            else
            {
                foreach (byte b in rest[..count])
                    readable.Append(System.Globalization.CultureInfo.InvariantCulture, $"<0x{b:X2}>");
            }
            rest = rest[count..];
        }
        return readable.ToString();
    }
}
