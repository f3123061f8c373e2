namespace Weir.Engine.Tokenizers;

/// <summary>Turns a parsed pattern into instructions.</summary>
internal sealed class RegexCompiler
{
    private const int MaxInstructions = 20_000;

    private readonly List<RegexInstruction> _program = [];

    public static RegexInstruction[] Compile(RegexNode node)
    {
        RegexCompiler compiler = new();
        compiler.Add(node);
        compiler.Emit(new(RegexOperation.Match));
        return [.. compiler._program];
    }

    private int Emit(RegexInstruction instruction)
    {
        if (_program.Count == MaxInstructions)
            throw new FormatException("too many repetitions");
        _program.Add(instruction);
        return _program.Count - 1;
    }

    private void Add(RegexNode node)
    {
        switch (node.Kind)
        {
            case RegexNodeKind.Set:
                Emit(new(RegexOperation.Set, Set: node.Set));
                break;
            case RegexNodeKind.Sequence:
                foreach (RegexNode part in node.Parts)
                    Add(part);
                break;
            case RegexNodeKind.Choice:
                AddChoice(node);
                break;
            case RegexNodeKind.Repeat:
                AddRepeat(node);
                break;
            case RegexNodeKind.Ahead:
                AddNested(RegexOperation.Ahead, node.Parts[0]);
                break;
            case RegexNodeKind.NotAhead:
                AddNested(RegexOperation.NotAhead, node.Parts[0]);
                break;
            case RegexNodeKind.Atomic:
                AddNested(RegexOperation.Atomic, node.Parts[0]);
                break;
            case RegexNodeKind.LineStart:
                Emit(new(RegexOperation.LineStart));
                break;
            case RegexNodeKind.LineEnd:
                Emit(new(RegexOperation.LineEnd));
                break;
            case RegexNodeKind.TextStart:
                Emit(new(RegexOperation.TextStart));
                break;
            default:
                Emit(new(RegexOperation.TextEnd));
                break;
        }
    }

    private void AddChoice(RegexNode node)
    {
        List<int> jumps = [];
        for (int i = 0; i < node.Parts.Count - 1; i++)
        {
            int fork = Emit(default);
            Add(node.Parts[i]);
            jumps.Add(Emit(default));
            _program[fork] = new(RegexOperation.Fork, fork + 1, _program.Count);
        }
        Add(node.Parts[^1]);
        foreach (int jump in jumps)
            _program[jump] = new(RegexOperation.Jump, _program.Count);
    }

    private void AddRepeat(RegexNode node)
    {
        RegexNode part = node.Parts[0];
        if (part.Kind == RegexNodeKind.Set && !node.Lazy)
        {
            Emit(new(RegexOperation.Run, node.Min, node.Max, part.Set));
            return;
        }
        for (int i = 0; i < node.Min; i++)
            Add(part);
        if (node.Max == int.MaxValue)
        {
            int fork = Emit(default);
            Add(part);
            Emit(new(RegexOperation.Jump, fork));
            _program[fork] = Fork(fork + 1, _program.Count, node.Lazy);
            return;
        }
        List<int> forks = [];
        for (int i = node.Min; i < node.Max; i++)
        {
            forks.Add(Emit(default));
            Add(part);
        }
        foreach (int fork in forks)
            _program[fork] = Fork(fork + 1, _program.Count, node.Lazy);
    }

    private static RegexInstruction Fork(int again, int onwards, bool lazy) =>
        lazy ? new(RegexOperation.Fork, onwards, again) : new(RegexOperation.Fork, again, onwards);

    private void AddNested(RegexOperation operation, RegexNode part)
    {
        int at = Emit(default);
        Add(part);
        Emit(new(RegexOperation.Match));
        _program[at] = new(operation, 0, _program.Count);
    }
}
