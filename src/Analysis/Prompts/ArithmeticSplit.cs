namespace Weir.Analysis.Prompts;

/// <summary>Part of the data that a question is drawn for.</summary>
public enum ArithmeticSplit
{
    /// <summary>Entropy 3 to 10 (sums of two: 4 to 16).</summary>
    Train,

    /// <summary>Entropy 8 (sums of two: 12).</summary>
    Interpolate,

    /// <summary>Entropy 10 to 12 (sums of two: 16 to 20).</summary>
    Extrapolate,

    /// <summary>Entropy 3 to 10 with one to three operations more than training ever has: 9 to 11.</summary>
    Longer,
}
