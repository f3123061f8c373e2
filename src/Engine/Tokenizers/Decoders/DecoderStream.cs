namespace Weir.Engine.Tokenizers;

/// <summary>A chain of steps at work on one sequence of tokens.</summary>
internal sealed class DecoderStream : TokenStream
{
    private readonly Vocabulary _vocabulary;
    private readonly bool _skipSpecial;
    private readonly DecodeStep _first;
    private readonly CollectStep _last = new();

    public DecoderStream(Vocabulary vocabulary, IReadOnlyList<Func<DecodeStep>> steps, bool skipSpecial)
    {
        _vocabulary = vocabulary;
        _skipSpecial = skipSpecial;
        DecodeStep? first = null;
        DecodeStep? previous = null;
        foreach (Func<DecodeStep> make in steps)
        {
            DecodeStep step = make();
            previous?.Then(step);
            first ??= step;
            previous = step;
        }
        previous?.Then(_last);
        _first = first ?? _last;
    }

    public override string Append(int id)
    {
        Push(id);
        return _last.TakeText();
    }

    public override string Finish()
    {
        _first.Finish();
        return _last.TakeText();
    }

    public void Push(int id)
    {
        if (_vocabulary.TokenToDecode(id, _skipSpecial) is not { } token)
            return;
        _first.Text(token);
        _first.EndToken();
    }
}
