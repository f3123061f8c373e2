namespace Weir.Engine.Sweeps;

/// <summary>A part of a sweep: every Count-th prompt from Index on, or, where there are fewer prompts than parts, every Count-th variant.</summary>
/// <param name="Index">Which part, from 0.</param>
/// <param name="Count">How many parts.</param>
public readonly record struct SweepShard(int Index, int Count)
{
    /// <summary>All of it.</summary>
    public static SweepShard Whole => new(0, 1);

    internal bool Holds(int number, int prompts, bool isPrompt) => Count <= 1 || isPrompt != (prompts >= Count) || number % Count == Index;
}
