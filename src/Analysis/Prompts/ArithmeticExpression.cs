using System.Numerics;

namespace Weir.Analysis.Prompts;

/// <summary>
/// An expression grown backwards from its value: an operation is put on top of two values that make it, until so many
/// operations stand in it.
/// </summary>
internal sealed record ArithmeticExpression(char Operation, Rational Value, ArithmeticExpression? Left, ArithmeticExpression? Right)
{
    /// <summary>Number of operations.</summary>
    public int Operations => Left is null ? 0 : 1 + Left.Operations + Right!.Operations;

    /// <summary>Grows an expression.</summary>
    /// <param name="random">Draws it.</param>
    /// <param name="value">What it equals.</param>
    /// <param name="operations">How many operations it has.</param>
    /// <param name="allowed">Which: of + - * /.</param>
    /// <param name="entropy">Decimal logarithm of the number of choices for each value drawn.</param>
    public static ArithmeticExpression Grow(Random random, Rational value, int operations, string allowed, double entropy)
    {
        if (operations == 0)
        {
            return new ArithmeticExpression('\0', value, null, null);
        }

        // A product that is 0 would need a factor of 0, and a sum can be made of anything.
        char[] possible = [.. allowed.Where(o => o != '*' || !value.Numerator.IsZero)];
        char operation = possible.Length == 0 ? '/' : possible[random.Next(possible.Length)];
        (Rational left, Rational right) = Parts(random, value, operation, entropy);
        int first = random.Next(operations);
        return new ArithmeticExpression(
            operation, value, Grow(random, left, first, allowed, entropy), Grow(random, right, operations - 1 - first, allowed, entropy));
    }

    /// <inheritdoc/>
    public override string ToString() => Left is null
        ? Value.ToString()
        : $"{Bracketed(Left, right: false)}{(Operation is '+' or '-' ? $" {Operation} " : Operation)}{Bracketed(Right!, right: true)}";

    private static (Rational Left, Rational Right) Parts(Random random, Rational value, char operation, double entropy)
    {
        Rational drawn = ArithmeticNumbers.Integer(random, entropy, zero: operation is '+' or '-');
        switch (operation)
        {
            case '+':
                return (drawn, value - drawn);
            case '-':
                return (drawn, drawn - value);
            case '/':
                return (value * drawn, drawn);
            default:
                BigInteger divisor = ArithmeticNumbers.Divisor(random, value.Numerator);
                return random.Next(2) == 0 ? (divisor, value / divisor) : (value / divisor, divisor);
        }
    }

    // What would be read otherwise without brackets gets them, and so does everything that begins with a minus behind an operation.
    private string Bracketed(ArithmeticExpression part, bool right)
    {
        string text = part.ToString();
        bool product = Operation is '*' or '/';
        bool loose = part.Left is not null && part.Operation is '+' or '-';
        bool fraction = part.Left is null && !part.Value.IsInteger;
        bool inner = part.Left is not null || fraction;
        bool brackets = product
            ? loose || (right && inner) || (right && text[0] == '-')
            : right && (loose || text[0] == '-');
        return brackets ? $"({text})" : text;
    }
}
