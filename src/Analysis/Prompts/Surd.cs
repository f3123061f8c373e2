using System.Globalization;
using System.Numerics;

namespace Weir.Analysis.Prompts;

/// <summary>An exact number a + b sqrt(n).</summary>
/// <param name="Whole">a.</param>
/// <param name="Factor">b.</param>
/// <param name="Root">n, without a square factor, the same in all numbers of an expression.</param>
internal readonly record struct Surd(BigInteger Whole, BigInteger Factor, int Root)
{
    public static Surd operator +(Surd x, Surd y) => new(x.Whole + y.Whole, x.Factor + y.Factor, x.Root);

    public static Surd operator -(Surd x, Surd y) => new(x.Whole - y.Whole, x.Factor - y.Factor, x.Root);

    /// <summary>This times a whole number.</summary>
    public Surd Times(BigInteger factor) => new(Whole * factor, Factor * factor, Root);

    /// <summary>This over one of its divisors.</summary>
    public Surd Over(BigInteger divisor) => new(Whole / divisor, Factor / divisor, Root);

    /// <summary>This times sqrt(n).</summary>
    public Surd TimesRoot() => new(Factor * Root, Whole, Root);

    /// <summary>This over sqrt(n), where the whole part has it as a factor.</summary>
    public Surd OverRoot() => new(Factor, Whole / Root, Root);

    /// <summary>In simplest form: a, b*sqrt(n) or a + b*sqrt(n).</summary>
    public override string ToString()
    {
        string root = BigInteger.Abs(Factor).IsOne ? Text($"sqrt({Root})") : Text($"{BigInteger.Abs(Factor)}*sqrt({Root})");
        return (Whole.IsZero, Factor.Sign) switch
        {
            (_, 0) => Text($"{Whole}"),
            (true, < 0) => $"-{root}",
            (true, _) => root,
            (_, < 0) => Text($"{Whole} - {root}"),
            _ => Text($"{Whole} + {root}"),
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
