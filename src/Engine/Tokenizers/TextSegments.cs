namespace Weir.Engine.Tokenizers;

/// <summary>Segments of text over one growing buffer; each step of the way reads one and fills another.</summary>
internal sealed class TextSegments
{
    private char[] _text = new char[256];
    private int _length;
    private Segment[] _segments = new Segment[64];

    public int Count { get; private set; }

    /// <summary>Room for the matches of a pattern, kept with the buffer so that a step allocates nothing.</summary>
    public List<TextRange> Matches { get; } = [];

    /// <summary>Room for a text that a step changes before it splits it.</summary>
    public List<char> Scratch { get; } = [];

    public Segment this[int index] => _segments[index];

    public ReadOnlySpan<char> Text(Segment segment) => _text.AsSpan(segment.Start, segment.Length);

    public void Clear()
    {
        _length = 0;
        Count = 0;
    }

    public void AddToken(int token) => Push(new Segment(_length, 0, token, Leading: 0));

    /// <summary>Adds a segment of text; an empty one vanishes, and fewer than none lead.</summary>
    public void AddText(ReadOnlySpan<char> text, int leading) => text.CopyTo(Reserve(text.Length, leading));

    /// <summary>Adds a segment of text whose characters the caller writes.</summary>
    public Span<char> Reserve(int length, int leading)
    {
        if (length == 0)
            return [];
        if (_text.Length - _length < length)
            Array.Resize(ref _text, Math.Max(checked(_length + length), (int)Math.Min(2L * _text.Length, Array.MaxLength)));
        Push(new Segment(_length, length, -1, Math.Max(0, leading)));
        _length += length;
        return _text.AsSpan(_length - length, length);
    }

    private void Push(Segment segment)
    {
        if (Count == _segments.Length)
            Array.Resize(ref _segments, 2 * Count);
        _segments[Count++] = segment;
    }
}
