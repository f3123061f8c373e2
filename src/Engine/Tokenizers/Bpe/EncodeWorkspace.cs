namespace Weir.Engine.Tokenizers;

/// <summary>The buffers of one encoding; a tokenizer keeps some, so that threads do not share and calls do not allocate.</summary>
internal sealed class EncodeWorkspace
{
    public TextSegments Source { get; set; } = new();

    public TextSegments Target { get; set; } = new();

    public List<int> Ids { get; } = [];

    public List<int> Symbols { get; } = [];

    public Merger Merger { get; } = new();

    public WordCache Cache { get; } = new();
}
