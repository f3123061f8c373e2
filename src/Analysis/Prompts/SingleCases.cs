namespace Weir.Analysis.Prompts;

/// <summary>The two prompts that Csordas et al. 2025 look at token by token.</summary>
public static class SingleCases
{
    /// <summary>A sum of many numbers.</summary>
    public static PromptItem Sum => new("5 + 7 + 5 + 3 + 1 + 7 = ", "28", 6);

    /// <summary>Two hops through what a model knows of the world.</summary>
    public static PromptItem TwoHop => new("The spouse of the performer of Imagine is", " Yoko Ono", 2);
}
