using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Weir.Analysis.Prompts;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Prompts;

/// <summary>Generated prompts: answers are right, and numbers are within what the data set's generator states.</summary>
public sealed partial class PromptTests
{
    [GeneratedRegex(@"^ -?(?:\d+ [+-] )?(?:\d+\*)?sqrt\((\d+)\)$")]
    private static partial Regex SimplestForm { get; }

    [Theory]
    [InlineData(ArithmeticModule.AddSubMultiple)]
    [InlineData(ArithmeticModule.MulDivMultiple)]
    [InlineData(ArithmeticModule.Mixed)]
    public void ExpressionsHaveTheirValueAndTheirNumberOfOperations(ArithmeticModule module)
    {
        foreach (ArithmeticSplit split in Enum.GetValues<ArithmeticSplit>())
        {
            foreach (PromptItem item in ArithmeticPrompts.Generate(200, 5, [module], split))
            {
                string text = item.Text["Q: ".Length..^" A:".Length].TrimEnd('?', '.');
                string expression = text[text.IndexOfAny([.. "-(0123456789"])..];
                var parser = new Parser(expression);
                Assert.Equal(parser.Value().ToString(), item.Answer[1..]);
                Assert.True(parser.AtEnd, expression);
                Assert.True(item.Level <= parser.Operations, $"{expression} has {parser.Operations} operations and not {item.Level}");
                (int low, int high) = split switch { ArithmeticSplit.Longer => (9, 11), ArithmeticSplit.Interpolate => (3, 7), ArithmeticSplit.Extrapolate => (3, 9), _ => (3, 8) };
                Assert.InRange(item.Level, low, high);
            }
        }
    }

    [Fact]
    public void SumsProductsAndRootsAreRight()
    {
        int decimals = 0;
        foreach (PromptItem item in ArithmeticPrompts.Generate(300, 7, [ArithmeticModule.AddOrSub, ArithmeticModule.Mul]))
        {
            string text = item.Text["Q: ".Length..^" A:".Length];
            decimal[] numbers = [.. text.Replace("*", " ", StringComparison.Ordinal).Split(' ').Select(w => w.TrimEnd('?', '.')).Select(w => (Is: decimal.TryParse(w, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal d), d)).Where(x => x.Is).Select(x => x.d)];
            Assert.Equal(2, numbers.Length);
            decimal answer = decimal.Parse(item.Answer, NumberStyles.Float, CultureInfo.InvariantCulture);
            decimal[] possible = [numbers[0] + numbers[1], numbers[0] - numbers[1], numbers[1] - numbers[0], numbers[0] * numbers[1]];
            Assert.Contains(answer, possible);
            decimals += item.Answer.Contains('.', StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.InRange(decimals, 50, 250);
        foreach (PromptItem item in ArithmeticPrompts.Generate(100, 3, [ArithmeticModule.NearestIntegerRoot], ArithmeticSplit.Extrapolate))
        {
            string[] words = item.Text.Split(' ');
            int order = Array.IndexOf(["", "", "square", "cube", "fourth", "fifth"], words[4]);
            BigInteger value = BigInteger.Parse(words[7], CultureInfo.InvariantCulture), root = BigInteger.Parse(item.Answer, CultureInfo.InvariantCulture);
            Assert.True(BigInteger.Pow((2 * root) - 1, order) < value << order && value << order <= BigInteger.Pow((2 * root) + 1, order), item.Text);
        }

        foreach (PromptItem item in ArithmeticPrompts.Generate(50, 3, [ArithmeticModule.AddOrSubInBase]))
        {
            Assert.StartsWith("Q: In base ", item.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void SurdsEqualTheirSimplestForm()
    {
        int hidden = 0;
        foreach (ArithmeticSplit split in Enum.GetValues<ArithmeticSplit>())
        {
            foreach (PromptItem item in ArithmeticPrompts.Generate(300, 11, [ArithmeticModule.SimplifySurd], split))
            {
                Match form = SimplestForm.Match(item.Answer);
                Assert.True(form.Success, item.Answer);
                int root = int.Parse(form.Groups[1].Value, CultureInfo.InvariantCulture);
                Assert.DoesNotContain(Enumerable.Range(2, root), k => root % (k * k) == 0);
                string text = item.Text["Q: ".Length..^" A:".Length];
                string expression = text[text.IndexOfAny([.. "-(0123456789"])..];
                int sqrt = text.IndexOf("sqrt", StringComparison.Ordinal);
                expression = sqrt >= 0 && sqrt < text.Length - expression.Length ? text[sqrt..] : expression;
                expression = expression.Replace(" in its simplest form", "", StringComparison.Ordinal).TrimEnd('?', '.');
                var given = new RootParser(expression);
                double value = given.Value(), simplest = new RootParser(item.Answer).Value();
                Assert.True(given.AtEnd, expression);
                Assert.True(Math.Abs(value - simplest) < 1e-12 * given.Largest, $"{expression} is {value}, and{item.Answer} is {simplest}");
                hidden += expression.Contains($"sqrt({root})", StringComparison.Ordinal) ? 0 : 1;
                (int low, int high) = split == ArithmeticSplit.Longer ? (9, 11) : (3, 9);
                Assert.InRange(item.Level, low, high);
            }
        }

        Assert.InRange(hidden, 10, 1200);
        Assert.All(PromptSets.Generate("arithmetic/simplify_surd:3", 1), p => Assert.Contains("sqrt(", p.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void WordProblemsExpressionsAndHopsEndInTheirAnswers()
    {
        foreach (PromptItem item in WordProblems.Generate(50, 1))
        {
            // Every step of the solution is an equation that holds, and the last one is the answer.
            string[] steps = [.. item.Answer.Split(". ").Where(s => s.Contains('=', StringComparison.Ordinal))];
            Assert.Equal(item.Level, steps.Length);
            foreach (string step in steps)
            {
                string[] sides = step.Split(" = ");
                Assert.Equal(new Parser(sides[0]).Value().ToString(), sides[1]);
            }

            Assert.EndsWith($"The final answer is {steps[^1].Split(" = ")[1]}", item.Answer, StringComparison.Ordinal);
        }

        IReadOnlyList<PromptItem> expressions = ExpressionProblems.Generate(10, 42);
        Assert.Equal([1, 2, 3, 4, 5], expressions.Select(e => e.Level).Distinct());
        foreach (PromptItem item in expressions)
        {
            string problem = item.Text["Problem: Simplify ".Length..^".\nAnswer:".Length], result = item.Answer[(item.Answer.LastIndexOf("result is ", StringComparison.Ordinal) + 10)..^1];
            foreach (int x in new[] { 0, 1, 7 })
            {
                Assert.Equal(Parser.At(problem, x), Parser.At(result, x));
            }
        }

        var graph = new MultiHopGraph(4);
        var facts = graph.Facts.Select(f => f.TrimEnd('.').Split(" is ")).ToDictionary(f => f[0]["The ".Length..], f => f[1]);
        foreach (PromptItem item in graph.Questions(10, 2))
        {
            string text = item.Text["Question: Who is the ".Length..^"?\nAnswer:".Length];
            string[] words = text.Split(" of ");
            string person = words[^1];
            foreach (string relation in words[..^1].Reverse().Select(w => w.Replace("the ", "", StringComparison.Ordinal)))
            {
                person = facts[$"{relation} of {person}"];
            }

            Assert.Equal($" {person}", item.Answer);
            Assert.Equal(item.Level, words.Length - 1);
        }
    }

    [Fact]
    public void TheSameSeedGivesTheSamePromptsAndWrongRequestsAreErrors()
    {
        foreach (string name in PromptSets.Names)
        {
            Assert.Equal(PromptSets.Generate($"{name}:3", 9), PromptSets.Generate($"{name}:3", 9));
        }

        Assert.NotEqual(PromptSets.Generate("arithmetic:3", 9), PromptSets.Generate("arithmetic:3", 10));
        Assert.Throws<WeirException>(() => PromptSets.Generate("riddles", 1));
        Assert.Throws<WeirException>(() => PromptSets.Generate("hops:none", 1));
        Assert.Throws<WeirException>(() => PromptSets.Generate("hops:0", 1));
        Assert.Throws<WeirException>(() => PromptSets.Generate("arithmetic/riddles:3", 1));
        Assert.Throws<WeirException>(() => PromptSets.Generate("hops/2:3", 1));
        Assert.All(PromptSets.Generate("arithmetic/add_sub_multiple/longer:20", 1), p => Assert.InRange(p.Level, 9, 11));
        Assert.StartsWith("Think.\nProblem: ", PromptSets.Generate("word-problems:1", 1, "Think.")[0].Text, StringComparison.Ordinal);
    }

    /// <summary>Evaluates what the generators print, by its own grammar.</summary>
    private sealed class Parser(string text)
    {
        private readonly string _text = text.Replace(" ", "", StringComparison.Ordinal);
        private int _at;

        public int Operations { get; private set; }

        public bool AtEnd => _at == _text.Length;

        public static string At(string linear, int x) => new Parser(Regex.Replace(linear, @"(\d*)x", m => $"({(m.Groups[1].Length == 0 ? "1" : m.Groups[1].Value)}*{x})")).Value().ToString();

        public Rational Value()
        {
            Rational value = Product();
            while (_at < _text.Length && _text[_at] is '+' or '-')
            {
                char operation = _text[_at++];
                Operations++;
                Rational right = Product();
                value = operation == '+' ? value + right : value - right;
            }

            return value;
        }

        private Rational Product()
        {
            Rational value = Factor();
            while (_at < _text.Length && _text[_at] is '*' or '/')
            {
                char operation = _text[_at++];
                Operations++;
                Rational right = Factor();
                value = operation == '*' ? value * right : value / right;
            }

            return value;
        }

        private Rational Factor()
        {
            if (_text[_at] == '-')
            {
                _at++;
                return (Rational)BigInteger.Zero - Factor();
            }

            if (_text[_at] == '(')
            {
                _at++;
                Rational inner = Value();
                Assert.Equal(')', _text[_at++]);
                return inner;
            }

            int first = _at;
            while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
            {
                _at++;
            }

            return BigInteger.Parse(_text[first.._at], CultureInfo.InvariantCulture);
        }
    }
}
