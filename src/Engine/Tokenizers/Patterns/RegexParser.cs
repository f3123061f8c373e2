using System.Globalization;

namespace Weir.Engine.Tokenizers;

/// <summary>
/// Reads the part of Oniguruma's language that tokenizer files use. Everything else is a <see cref="FormatException"/>
/// whose message names it.
/// </summary>
internal sealed class RegexParser
{
    private const int MaxRepeat = 1000;
    private const int MaxDepth = 100;

    /// <summary>Pairs of letters that are one character in some other case, which is more than a set can say.</summary>
    private static readonly string[] s_folded = ["ss", "st", "ff", "fi", "fl"];

    private readonly string _pattern;
    private int _at;
    private int _depth;
    private bool _ignoreCase;
    private char _lastFolded;

    private RegexParser(string pattern) => _pattern = pattern;

    public static RegexNode Parse(string pattern)
    {
        RegexParser parser = new(pattern);
        RegexNode node = parser.Choice();
        if (!parser.AtEnd)
            throw new FormatException("a ')' without '('");
        // The reference does not come to an end with some of these.
        return node.CanBeEmpty ? throw new FormatException("a match of nothing") : node;
    }

    private bool AtEnd => _at == _pattern.Length;

    private bool Take(string expected)
    {
        if (string.CompareOrdinal(_pattern, _at, expected, 0, expected.Length) != 0)
            return false;
        _at += expected.Length;
        return true;
    }

    private RegexNode Choice()
    {
        if (++_depth > MaxDepth)
            throw new FormatException("groups nested too deeply");
        List<RegexNode> choices = [];
        do
            choices.Add(Sequence());
        while (Take("|"));
        _depth--;
        return choices.Count == 1 ? choices[0] : new(RegexNodeKind.Choice) { Parts = choices };
    }

    private RegexNode Sequence()
    {
        List<RegexNode> parts = [];
        _lastFolded = '\0';
        while (!AtEnd && _pattern[_at] is not ('|' or ')'))
            parts.Add(Quantified());
        return parts.Count == 1 ? parts[0] : new(RegexNodeKind.Sequence) { Parts = parts };
    }

    private RegexNode Quantified()
    {
        RegexNode node = Atom();
        while (!AtEnd)
        {
            if (Take("*"))
                node = Suffixed(node, 0, int.MaxValue);
            else if (Take("+"))
                node = Suffixed(node, 1, int.MaxValue);
            else if (Take("?"))
                node = Suffixed(node, 0, 1);
            else if (_pattern[_at] == '{')
                node = Interval(node);
            else
                break;
        }
        return node;
    }

    /// <summary>A repetition that a '?' behind it makes lazy and a '+' final.</summary>
    private RegexNode Suffixed(RegexNode node, int min, int max)
    {
        if (Take("?"))
            return Repeat(node, min, max, lazy: true);
        RegexNode repeat = Repeat(node, min, max, lazy: false);
        return Take("+") ? new(RegexNodeKind.Atomic) { Parts = [repeat] } : repeat;
    }

    private static RegexNode Repeat(RegexNode node, int min, int max, bool lazy)
    {
        if (max == int.MaxValue && node.CanBeEmpty)
            throw new FormatException("an unbounded repetition of something that may be empty");
        if (node.Kind is not (RegexNodeKind.Set or RegexNodeKind.Sequence or RegexNodeKind.Choice or RegexNodeKind.Repeat or
            RegexNodeKind.Atomic))
            throw new FormatException("a repeated assertion");
        return new(RegexNodeKind.Repeat) { Parts = [node], Min = min, Max = max, Lazy = lazy };
    }

    private RegexNode Interval(RegexNode node)
    {
        int close = _pattern.IndexOf('}', _at);
        string[] bounds = close < 0 ? [] : _pattern[(_at + 1)..close].Split(',');
        if (bounds.Length is not (1 or 2))
            throw new FormatException("a '{' that begins no repetition; write it as \\{");
        int min = bounds is ["", _] ? 0 : Number(bounds[0]);
        int max = bounds.Length == 1 ? min : bounds[1].Length == 0 ? int.MaxValue : Number(bounds[1]);
        if (bounds is ["", ""] || max < min)
            throw new FormatException($"the repetition {_pattern[_at..(close + 1)]}");
        _at = close + 1;
        // Oniguruma reads {n}? in a way of its own, and a + behind braces as a repetition of the repetition.
        if (bounds.Length == 1 && !AtEnd && _pattern[_at] == '?')
            throw new FormatException("a '?' after a repetition in braces");
        bool lazy = Take("?");
        return Repeat(node, min, max, lazy);

        static int Number(string text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= MaxRepeat
                ? value
                : throw new FormatException($"the repetition count '{text}'");
    }

    private RegexNode Atom()
    {
        char c = _pattern[_at];
        if (c == '(')
            return Group();
        if (c == '[')
        {
            _lastFolded = '\0';
            return Match(CharacterClass());
        }
        if (c is '*' or '+' or '?' or '{')
            throw new FormatException($"a '{c}' that repeats nothing");
        if (c is '.' or '^' or '$')
        {
            _at++;
            _lastFolded = '\0';
            return c switch
            {
                '.' => Match(CharacterSet.OfTest(static codePoint => codePoint != '\n')),
                '^' => new(RegexNodeKind.LineStart),
                _ => new(RegexNodeKind.LineEnd),
            };
        }
        if (Take("\\A"))
            return new(RegexNodeKind.TextStart);
        if (Take("\\z"))
            return new(RegexNodeKind.TextEnd);
        if (c == '\\' && ClassEscape(inBrackets: false) is { } set)
        {
            _lastFolded = '\0';
            return Match(set);
        }
        return Match(Literal(Character()));
    }

    private static RegexNode Match(CharacterSet set) => new(RegexNodeKind.Set) { Set = set };

    private RegexNode Group()
    {
        bool outerCase = _ignoreCase;
        RegexNodeKind? kind = null;
        if (Take("(?="))
            kind = RegexNodeKind.Ahead;
        else if (Take("(?!"))
            kind = RegexNodeKind.NotAhead;
        else if (Take("(?>"))
            kind = RegexNodeKind.Atomic;
        else if (Take("(?i:"))
            _ignoreCase = true;
        else if (!Take("(?:"))
        {
            if (string.CompareOrdinal(_pattern, _at, "(?", 0, 2) == 0 || string.CompareOrdinal(_pattern, _at, "(*", 0, 2) == 0)
                throw new FormatException($"the group {_pattern.AsSpan(_at, Math.Min(4, _pattern.Length - _at))}");
            _at++;
        }
        RegexNode inner = Choice();
        if (!Take(")"))
            throw new FormatException("a '(' without ')'");
        _ignoreCase = outerCase;
        _lastFolded = '\0';
        if (kind is { } outer)
            return new(outer) { Parts = [inner] };
        // A group of its own, so that a repetition after it repeats all of it.
        return new(RegexNodeKind.Sequence) { Parts = [inner] };
    }

    private CharacterSet Literal(int codePoint)
    {
        CharacterSet set = new();
        AddRange(set, codePoint, codePoint);
        if (_ignoreCase)
        {
            char lower = char.ToLowerInvariant((char)codePoint);
            if (s_folded.Contains($"{_lastFolded}{lower}", StringComparer.Ordinal))
                throw new FormatException($"'{_lastFolded}{lower}' where case is ignored");
            _lastFolded = lower;
        }
        return set.Complete();
    }

    /// <summary>Adds characters, and where case is ignored those that differ from them in case only.</summary>
    private void AddRange(CharacterSet set, int low, int high)
    {
        set.Add(low, high);
        if (!_ignoreCase)
            return;
        if (high > 0x7F)
            throw new FormatException("a character beyond ASCII where case is ignored");
        for (int c = low; c <= high; c++)
        {
            int other = char.IsAsciiLetter((char)c) ? c ^ 0x20 : c;
            set.Add(other, other);
            if ((c | 0x20) is 's' or 'k')
                set.Add((c | 0x20) == 's' ? 0x17F : 0x212A, (c | 0x20) == 's' ? 0x17F : 0x212A);
        }
    }

    /// <summary>A class in brackets; the parser stands at its '['.</summary>
    private CharacterSet CharacterClass()
    {
        if (++_depth > MaxDepth)
            throw new FormatException("classes nested too deeply");
        _at++;
        CharacterSet whole = new();
        if (Take("^"))
        {
            if (_ignoreCase)
                throw new FormatException("a negated class where case is ignored");
            whole.Negate();
        }
        CharacterSet part = new();
        bool intersected = false;
        for (bool first = true; first || AtEnd || _pattern[_at] != ']'; first = false)
        {
            if (AtEnd)
                throw new FormatException("a '[' without ']'");
            if (Take("&&"))
            {
                whole.Intersect(part.Complete());
                part = new();
                intersected = true;
            }
            else if (!ClassItem(part))
            {
                int low = Character();
                int high = low;
                if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
                {
                    _at++;
                    if (_pattern[_at] == '[' || _pattern[_at] == '\\' && ClassEscape(inBrackets: true) is not null)
                        throw new FormatException("a range that ends in a class");
                    high = Character();
                }
                if (high < low)
                    throw new FormatException("a range whose end comes before its start");
                AddRange(part, low, high);
            }
        }
        _at++;
        _depth--;
        if (intersected)
        {
            whole.Intersect(part.Complete());
            whole.Add(0, 0x10FFFF);
        }
        else
        {
            whole.Add(part.Complete());
        }
        return whole.Complete();
    }

    /// <summary>A class inside a class, if one stands here.</summary>
    private bool ClassItem(CharacterSet target)
    {
        CharacterSet? inner = null;
        if (_pattern[_at] == '[')
        {
            if (string.CompareOrdinal(_pattern, _at, "[:", 0, 2) == 0)
                throw new FormatException("a class in the manner of [:alpha:]");
            inner = CharacterClass();
        }
        else if (_pattern[_at] == '\\')
        {
            inner = ClassEscape(inBrackets: true);
        }
        if (inner is null)
            return false;
        if (_ignoreCase)
            throw new FormatException("a class inside a class where case is ignored");
        if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            throw new FormatException("a '-' after a class; write it as \\-");
        target.Add(inner);
        return true;
    }

    /// <summary>An escape that stands for many characters, if one stands here.</summary>
    private CharacterSet? ClassEscape(bool inBrackets)
    {
        if (_at + 1 >= _pattern.Length)
            throw new FormatException("a '\\' at the end");
        char c = _pattern[_at + 1];
        if (c is 'p' or 'P')
            return Property(negated: c == 'P');
        CharacterSet? set = c switch
        {
            's' or 'S' => CharacterSet.OfTest(CharacterClasses.IsWhiteSpace, c == 'S'),
            'd' or 'D' => CharacterSet.OfCategories(1u << (int)UnicodeCategory.DecimalDigitNumber, c == 'D'),
            'w' or 'W' => CharacterSet.OfTest(inBrackets ? CharacterClasses.IsBracketedWord : CharacterClasses.IsPatternWord, c == 'W'),
            _ => null,
        };
        _at += set is null ? 0 : 2;
        return set;
    }

    private CharacterSet Property(bool negated)
    {
        int close = _pattern.IndexOf('}', _at);
        if (_at + 2 >= _pattern.Length || _pattern[_at + 2] != '{' || close < 0)
            throw new FormatException("a \\p without a name in braces");
        string name = _pattern[(_at + 3)..close];
        if (name.StartsWith('^'))
            negated = !negated;
        uint mask = CategoryNames.MaskOf(name.TrimStart('^'));
        if (mask == 0)
            throw new FormatException($"\\p{{{name}}}");
        _at = close + 1;
        return CharacterSet.OfCategories(mask, negated);
    }

    /// <summary>One character, escaped or not.</summary>
    private int Character()
    {
        if (_pattern[_at] != '\\')
        {
            int codePoint = CharacterClasses.CodePointAt(_pattern, _at, out int length);
            _at += length;
            return codePoint;
        }
        if (_at + 1 >= _pattern.Length)
            throw new FormatException("a '\\' at the end");
        char c = _pattern[_at + 1];
        _at += 2;
        if (c is 'x' or 'u')
            return HexCharacter(c);
        if (!char.IsAsciiLetterOrDigit(c) && c < 0x80)
            return c;
        return c switch
        {
            'r' => '\r',
            'n' => '\n',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'e' => '\e',
            _ => throw new FormatException($"the escape \\{c}"),
        };
    }

    private int HexCharacter(char kind)
    {
        int start = _at;
        int end;
        if (kind == 'x' && Take("{"))
        {
            start++;
            end = _pattern.IndexOf('}', start);
            _at = end + 1;
        }
        else
        {
            end = _at += kind == 'u' ? 4 : 2;
        }
        if (end > start && end <= _pattern.Length && end - start <= 6 &&
            int.TryParse(_pattern.AsSpan(start, end - start), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out int value) &&
            System.Text.Rune.IsValid(value))
            return value;
        throw new FormatException($"the escape \\{kind}");
    }
}
