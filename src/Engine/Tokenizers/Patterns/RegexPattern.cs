namespace Weir.Engine.Tokenizers;

/// <summary>
/// A regular expression by backtracking over whole code points, with Oniguruma's meaning of its classes. A step
/// budget in proportion to the text bounds the time of patterns that would explode.
/// </summary>
internal sealed class RegexPattern(string regex, string file) : Pattern
{
    private const long StepsPerCharacter = 1000;
    private const long StepsAtLeast = 1_000_000;

    private readonly RegexInstruction[] _program = RegexCompiler.Compile(RegexParser.Parse(regex));

    public override void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        Matcher matcher = new() { Stack = new(), Steps = StepsAtLeast + StepsPerCharacter * text.Length };
        for (int start = 0; start < text.Length;)
        {
            int end = Match(text, 0, start, ref matcher);
            if (end >= 0)
                matches.Add(new(start, end));
            start = end >= 0 ? end : start + (char.IsHighSurrogate(text[start]) ? 2 : 1);
        }
    }

    /// <summary>Where the match that begins here ends, or -1.</summary>
    private int Match(ReadOnlySpan<char> text, int instruction, int at, ref Matcher matcher)
    {
        int bottom = matcher.Stack.Count;
        while (true)
        {
            if (--matcher.Steps < 0)
            {
                throw new TokenizerException(file, TokenizerError.UnsupportedOption,
                    $"the pattern '{regex}' takes too long on a text of {text.Length} characters; give the text in smaller parts.");
            }
            if (Step(text, ref instruction, ref at, ref matcher))
            {
                if (instruction >= 0)
                    continue;
                matcher.Stack.RemoveRange(bottom, matcher.Stack.Count - bottom);
                return at;
            }
            if (matcher.Stack.Count == bottom)
                return -1;
            (instruction, at, int lowest) = matcher.Stack[^1];
            if (at > lowest)
                matcher.Stack[^1] = (instruction, at - LengthBefore(text, at), lowest);
            else
                matcher.Stack.RemoveAt(matcher.Stack.Count - 1);
        }
    }

    /// <summary>Carries out an instruction; false if it fails. After a match the instruction is -1.</summary>
    private bool Step(ReadOnlySpan<char> text, ref int instruction, ref int at, ref Matcher matcher)
    {
        RegexInstruction current = _program[instruction++];
        switch (current.Operation)
        {
            case RegexOperation.Set:
                if (at == text.Length || !current.Set!.Contains(CharacterClasses.CodePointAt(text, at, out int length)))
                    return false;
                at += length;
                return true;
            case RegexOperation.Run:
                return Run(text, current, instruction, ref at, ref matcher);
            case RegexOperation.Fork:
                matcher.Stack.Add((current.Second, at, at));
                instruction = current.First;
                return true;
            case RegexOperation.Jump:
                instruction = current.First;
                return true;
            case RegexOperation.Ahead or RegexOperation.NotAhead:
                bool matched = Match(text, instruction, at, ref matcher) >= 0;
                instruction = current.Second;
                return matched == (current.Operation == RegexOperation.Ahead);
            case RegexOperation.Atomic:
                int end = Match(text, instruction, at, ref matcher);
                instruction = current.Second;
                at = Math.Max(at, end);
                return end >= 0;
            case RegexOperation.LineStart:
                return at == 0 || at < text.Length && text[at - 1] == '\n';
            case RegexOperation.LineEnd:
                return at == text.Length || text[at] == '\n';
            case RegexOperation.TextStart:
                return at == 0;
            case RegexOperation.TextEnd:
                return at == text.Length;
            default:
                instruction = -1;
                return true;
        }
    }

    private static bool Run(ReadOnlySpan<char> text, RegexInstruction run, int next, ref int at, ref Matcher matcher)
    {
        int lowest = at;
        int count = 0;
        while (count < run.Second && at < text.Length &&
            run.Set!.Contains(CharacterClasses.CodePointAt(text, at, out int length)))
        {
            at += length;
            if (++count == run.First)
                lowest = at;
        }
        if (count < run.First)
            return false;
        matcher.Steps -= count;
        if (at > lowest)
            matcher.Stack.Add((next, at - LengthBefore(text, at), lowest));
        return true;
    }

    private static int LengthBefore(ReadOnlySpan<char> text, int at) => char.IsLowSurrogate(text[at - 1]) ? 2 : 1;

    /// <summary>Where else to go on: an instruction and a place, from which shorter runs down to the lowest place follow.</summary>
    private struct Matcher
    {
        public List<(int Instruction, int At, int Lowest)> Stack;
        public long Steps;
    }
}
