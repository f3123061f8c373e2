using System.Globalization;
using System.Numerics;

namespace Weir.Analysis.Prompts;

/// <summary>
/// Arithmetic in the form of DeepMind's mathematics data set (Saxton et al. 2019): entropies and numbers of operations of its
/// arithmetic modules; the value is drawn first and the expression is grown backwards from it. As in
/// Csordas et al. 2025 a text is "Q: question A:", its answer " answer". The level is the number of operations.
/// </summary>
public static class ArithmeticPrompts
{
    private static readonly string[] Values = ["{0}", "What is {0}?", "Calculate {0}.", "Evaluate {0}.", "What is the value of {0}?"];
    private static readonly string[] Surds = ["Simplify {0}.", "Write {0} in its simplest form.", "What is {0} in its simplest form?", "Simplify the expression {0}."];
    private static readonly string[] Sums = ["{0} + {1}", "What is {0} plus {1}?", "Add {0} and {1}.", "Calculate {0} + {1}.", "Total of {0} and {1}."];
    private static readonly string[] Differences = ["{0} - {1}", "What is {0} minus {1}?", "Subtract {1} from {0}.", "Calculate {0} - {1}.", "What is {0} less {1}?"];
    private static readonly string[] Products = ["{0} * {1}", "What is {0} times {1}?", "Multiply {0} and {1}.", "Calculate {0}*{1}.", "Product of {0} and {1}."];
    private static readonly string[] Quotients = ["{0} / {1}", "What is {0} divided by {1}?", "Divide {0} by {1}.", "Calculate {0} divided by {1}.", "{0} divided by {1}"];

    /// <summary>Draws prompts.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The same seed gives the same prompts.</param>
    /// <param name="modules">Kinds of question, in turn; all by default.</param>
    /// <param name="split">Part of the data.</param>
    public static IReadOnlyList<PromptItem> Generate(int count, int seed, IReadOnlyList<ArithmeticModule>? modules = null, ArithmeticSplit split = ArithmeticSplit.Train)
    {
        modules ??= Enum.GetValues<ArithmeticModule>();
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            (string question, string answer, int level) = Question(random, modules[i % modules.Count], split);
            return new PromptItem($"Q: {question} A:", $" {answer}", level);
        })];
    }

    /// <summary>Lowest and highest entropy of a kind of question.</summary>
    public static (double Low, double High) Entropy(ArithmeticModule module, ArithmeticSplit split) => (module is ArithmeticModule.AddOrSub or ArithmeticModule.AddOrSubInBase, split) switch
    {
        (true, ArithmeticSplit.Interpolate) => (12, 12),
        (true, ArithmeticSplit.Extrapolate) => (16, 20),
        (true, _) => (4, 16),
        (false, ArithmeticSplit.Interpolate) => (8, 8),
        (false, ArithmeticSplit.Extrapolate) => (10, 12),
        _ => (3, 10),
    };

    private static (string Question, string Answer, int Level) Question(Random random, ArithmeticModule module, ArithmeticSplit split)
    {
        (double low, double high) = Entropy(module, split);
        double entropy = low + ((high - low) * random.NextDouble());
        switch (module)
        {
            case ArithmeticModule.AddSubMultiple:
                return Multiple(random, "+-", entropy, split);
            case ArithmeticModule.MulDivMultiple:
                return Multiple(random, "*/", entropy, split);
            case ArithmeticModule.Mixed:
                return Multiple(random, "+-*/", entropy, split);
            case ArithmeticModule.SimplifySurd:
                return Surd(random, entropy, split);
            case ArithmeticModule.AddOrSubInBase:
                return InBase(random, entropy);
            case ArithmeticModule.NearestIntegerRoot:
                return Root(random, entropy);
            case ArithmeticModule.Div:
                BigInteger divisor = ArithmeticNumbers.Integer(random, entropy / 2, zero: false), dividend = ArithmeticNumbers.Integer(random, entropy / 2);
                return (Put(random, Quotients, dividend, divisor), new Rational(dividend, divisor).ToString(), 1);
            default:
                return Pair(random, module, entropy);
        }
    }

    private static (string, string, int) Pair(Random random, ArithmeticModule module, double entropy)
    {
        int leftPlaces = Places(random), rightPlaces = Places(random), places = Math.Max(leftPlaces, rightPlaces);
        BigInteger left = ArithmeticNumbers.Integer(random, entropy / 2), right = ArithmeticNumbers.Integer(random, entropy / 2);
        string a = ArithmeticNumbers.Decimal(left, leftPlaces), b = ArithmeticNumbers.Decimal(right, rightPlaces);
        if (module == ArithmeticModule.Mul)
        {
            return (Put(random, Products, a, b), ArithmeticNumbers.Decimal(left * right, leftPlaces + rightPlaces), 1);
        }

        left *= BigInteger.Pow(10, places - leftPlaces);
        right *= BigInteger.Pow(10, places - rightPlaces);
        bool sum = random.Next(2) == 0;
        return (Put(random, sum ? Sums : Differences, a, b), ArithmeticNumbers.Decimal(sum ? left + right : left - right, places), 1);
    }

    private static (string, string, int) InBase(Random random, double entropy)
    {
        int radix = random.Next(2, 17);
        BigInteger left = ArithmeticNumbers.Integer(random, entropy / 2), right = ArithmeticNumbers.Integer(random, entropy / 2);
        bool sum = random.Next(2) == 0;
        string text = Put(random, sum ? Sums : Differences, ArithmeticNumbers.InBase(left, radix), ArithmeticNumbers.InBase(right, radix));
        string answer = ArithmeticNumbers.InBase(sum ? left + right : left - right, radix);
        return (string.Create(CultureInfo.InvariantCulture, $"In base {radix}, {char.ToLowerInvariant(text[0])}{text[1..]}"), answer, 1);
    }

    private static (string, string, int) Root(Random random, double entropy)
    {
        BigInteger value = ArithmeticNumbers.Positive(random, entropy);
        int order = random.Next(2, 6);
        string name = order switch { 2 => "square", 3 => "cube", 4 => "fourth", _ => "fifth" };
        BigInteger root = (BigInteger)Math.Round(Math.Pow((double)value, 1.0 / order));

        // root - 1/2 < value^(1/order) <= root + 1/2, in whole numbers, whatever the floating-point root was.
        BigInteger scaled = value << order;
        while (BigInteger.Pow((2 * root) - 1, order) >= scaled)
        {
            root--;
        }

        while (BigInteger.Pow((2 * root) + 1, order) < scaled)
        {
            root++;
        }

        return ($"What is the {name} root of {value} to the nearest integer?", root.ToString(CultureInfo.InvariantCulture), 1);
    }

    private static (string, string, int) Multiple(Random random, string allowed, double entropy, ArithmeticSplit split)
    {
        int operations = Operations(random, entropy, split);
        double each = entropy / (operations + 1);
        bool rational = allowed.Contains('/', StringComparison.Ordinal) && random.Next(2) == 0;
        BigInteger numerator = ArithmeticNumbers.Integer(random, each);
        Rational value = rational ? new Rational(numerator, ArithmeticNumbers.Positive(random, each)) : numerator;
        return (Put(random, Values, ArithmeticExpression.Grow(random, value, operations, allowed, each)), value.ToString(), operations);
    }

    private static (string, string, int) Surd(Random random, double entropy, ArithmeticSplit split)
    {
        int operations = Operations(random, entropy, split);
        double each = entropy / (operations + 1);
        Surd value = SurdExpression.Value(random, each);
        return (Put(random, Surds, SurdExpression.Grow(random, value, operations, each)), value.ToString(), operations);
    }

    private static int Operations(Random random, double entropy, ArithmeticSplit split) =>
        split == ArithmeticSplit.Longer ? 8 + random.Next(1, 4) : random.Next(3, 3 + (int)(entropy / 2) + 1);

    private static int Places(Random random) => Math.Max(0, random.Next(-2, 4));

    private static string Put(Random random, string[] templates, params object[] values) =>
        string.Format(CultureInfo.InvariantCulture, templates[random.Next(templates.Length)], values);
}
