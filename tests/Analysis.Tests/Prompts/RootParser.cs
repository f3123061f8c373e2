using System.Globalization;

namespace Weir.Analysis.Tests.Prompts;

/// <summary>Evaluates an expression with square roots in f64.</summary>
internal sealed class RootParser(string text)
{
    private readonly string _text = text.Replace(" ", "", StringComparison.Ordinal);
    private int _at;

    /// <summary>The largest value met on the way: what roundings are relative to.</summary>
    public double Largest { get; private set; } = 1;

    public bool AtEnd => _at == _text.Length;

    public double Value()
    {
        double value = Product();
        while (_at < _text.Length && _text[_at] is '+' or '-')
        {
            value = _text[_at++] == '+' ? value + Product() : value - Product();
        }

        return Seen(value);
    }

    private double Product()
    {
        double value = Factor();
        while (_at < _text.Length && _text[_at] is '*' or '/')
        {
            value = Seen(_text[_at++] == '*' ? value * Factor() : value / Factor());
        }

        return value;
    }

    private double Factor()
    {
        if (_text[_at] == '-')
        {
            _at++;
            return -Factor();
        }

        bool root = string.CompareOrdinal(_text, _at, "sqrt", 0, 4) == 0;
        _at += root ? 4 : 0;
        if (_text[_at] == '(')
        {
            _at++;
            double inner = Value();
            Assert.Equal(')', _text[_at++]);
            return Seen(root ? Math.Sqrt(inner) : inner);
        }

        int first = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            _at++;
        }

        return Seen(double.Parse(_text.AsSpan(first, _at - first), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private double Seen(double value)
    {
        Largest = Math.Max(Largest, Math.Abs(value));
        return value;
    }
}
