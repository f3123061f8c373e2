namespace Weir.Engine.Tokenizers;

/// <summary>A set of code points as patterns write it: ranges, categories, other sets, then all of it negated.</summary>
internal sealed class CharacterSet
{
    private readonly List<(int First, int Last)> _ranges = [];
    private readonly List<Predicate<int>> _tests = [];
    private readonly List<CharacterSet> _required = [];
    private uint _categories;
    private bool _negated;
    private ulong _low, _high; // the answers for ASCII, once the set is complete

    public static CharacterSet Of(int codePoint) => new CharacterSet().Add(codePoint, codePoint).Complete();

    public static CharacterSet OfCategories(uint categories, bool negated = false) =>
        new CharacterSet { _categories = categories, _negated = negated }.Complete();

    public static CharacterSet OfTest(Predicate<int> test, bool negated = false)
    {
        CharacterSet set = new() { _negated = negated };
        set._tests.Add(test);
        return set.Complete();
    }

    public CharacterSet Add(int first, int last)
    {
        _ranges.Add((first, last));
        return this;
    }

    public void Add(CharacterSet other) => _tests.Add(other.Contains);

    /// <summary>Keeps only what the other set has too.</summary>
    public void Intersect(CharacterSet other) => _required.Add(other);

    public void Negate() => _negated = true;

    /// <summary>To be called when nothing more is added.</summary>
    public CharacterSet Complete()
    {
        for (int c = 0; c < 64; c++)
        {
            _low |= Test(c) ? 1ul << c : 0;
            _high |= Test(c + 64) ? 1ul << c : 0;
        }
        return this;
    }

    public bool Contains(int codePoint) =>
        codePoint < 64 ? (_low >> codePoint & 1) != 0
        : codePoint < 128 ? (_high >> (codePoint - 64) & 1) != 0
        : Test(codePoint);

    private bool Test(int codePoint) => TestUnnegated(codePoint) != _negated;

    private bool TestUnnegated(int codePoint)
    {
        foreach (CharacterSet required in _required)
        {
            if (!required.Contains(codePoint))
                return false;
        }
        if (_categories != 0 && CharacterClasses.IsIn(codePoint, _categories))
            return true;
        foreach ((int first, int last) in _ranges)
        {
            if (codePoint >= first && codePoint <= last)
                return true;
        }
        foreach (Predicate<int> test in _tests)
        {
            if (test(codePoint))
                return true;
        }
        return false;
    }
}
