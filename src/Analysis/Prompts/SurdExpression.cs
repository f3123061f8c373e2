using System.Globalization;
using System.Numerics;

namespace Weir.Analysis.Prompts;

/// <summary>
/// An expression in whole numbers and square roots, grown backwards from its value a + b sqrt(n). Roots at the leaves hide
/// square factors, so that 6*sqrt(2) may stand there as 2*sqrt(18), and factors of sqrt(n) come and go.
/// </summary>
internal static class SurdExpression
{
    private static readonly int[] Roots = [2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19];

    /// <summary>Draws a value.</summary>
    /// <param name="random">Draws it.</param>
    /// <param name="entropy">Decimal logarithm of the number of choices for each of its numbers.</param>
    public static Surd Value(Random random, double entropy) =>
        new(ArithmeticNumbers.Integer(random, entropy), ArithmeticNumbers.Integer(random, entropy, zero: false), Roots[random.Next(Roots.Length)]);

    /// <summary>Grows an expression of a value.</summary>
    /// <param name="random">Draws it.</param>
    /// <param name="value">What it equals.</param>
    /// <param name="operations">Operations on top of one another and beside, without those within its leaves.</param>
    /// <param name="entropy">Decimal logarithm of the number of choices for each number drawn.</param>
    public static string Grow(Random random, Surd value, int operations, double entropy)
    {
        if (operations == 0)
        {
            return Leaf(random, value);
        }

        int first = random.Next(operations), rest = operations - 1 - first;
        string Part(Surd part, int count) => Grow(random, part, count, entropy);
        Surd drawn = new(ArithmeticNumbers.Integer(random, entropy), ArithmeticNumbers.Integer(random, entropy), value.Root);
        BigInteger factor = ArithmeticNumbers.Integer(random, entropy, zero: false);
        switch (random.Next(6))
        {
            case 0:
                return $"{Part(drawn, first)} + {Bracketed(Part(value - drawn, rest))}";
            case 1:
                return $"{Part(drawn, first)} - {Bracketed(Part(drawn - value, rest))}";
            case 2:
                return $"{Bracketed(Part(value.Times(factor), operations - 1))}/{Bracketed(Number(factor))}";
            case 3:
                return $"{Bracketed(Part(value.TimesRoot(), operations - 1))}/{Root(value.Root)}";
            case 4 when (value.Whole % value.Root).IsZero:
                return $"{Root(value.Root)}*{Bracketed(Part(value.OverRoot(), operations - 1))}";
            default:
                BigInteger common = BigInteger.GreatestCommonDivisor(value.Whole, value.Factor);
                BigInteger divisor = common.IsZero ? factor : ArithmeticNumbers.Divisor(random, common);
                return $"{Number(divisor)}*{Bracketed(Part(value.Over(divisor), operations - 1))}";
        }
    }

    // A number with its root, as one writes it or with a square hidden under the root.
    private static string Leaf(Random random, Surd value)
    {
        if (value.Factor.IsZero)
        {
            return value.ToString();
        }

        BigInteger[] hidden = [.. Enumerable.Range(1, 12).Select(k => (BigInteger)k).Where(k => (value.Factor % k).IsZero)];
        BigInteger k = hidden[random.Next(hidden.Length)], factor = value.Factor / k;
        string root = Root(k * k * value.Root);
        string part = BigInteger.Abs(factor).IsOne ? root : $"{Number(BigInteger.Abs(factor))}*{root}";
        return value.Whole.IsZero ? (factor.Sign < 0 ? $"-{part}" : part) : $"{Number(value.Whole)} {(factor.Sign < 0 ? "-" : "+")} {part}";
    }

    private static string Number(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Root(BigInteger value) => $"sqrt({Number(value)})";

    private static string Bracketed(string text) => text.All(c => char.IsAsciiDigit(c)) ? text : $"({text})";
}
