using System.Globalization;

namespace Weir.Engine.Tokenizers;

/// <summary>
/// Decompositions and combining classes. .NET takes its own from ICU, which the machine may lack or have in another
/// version; with these every machine gives the same ids, those of the tokenizers library.
/// </summary>
internal sealed class NormalizationData
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, HangulCount = LeadCount * VowelCount * TailCount;

    private static readonly Lazy<NormalizationData> s_instance = new(static () => new NormalizationData());

    private readonly byte[] _classes = new byte[0x1F000];
    private readonly ushort[] _places = new ushort[0x30000];
    private readonly List<int[]> _canonical = [[]];
    private readonly List<int[]> _compatible = [[]];
    private readonly Dictionary<long, int> _composites = [];
    private readonly bool[] _seconds = new bool[0x20000];

    private NormalizationData()
    {
        using Stream stream = typeof(NormalizationData).Assembly.GetManifestResourceStream("normalization.txt")!;
        using StreamReader reader = new(stream);
        Dictionary<int, (bool Compatible, int[] Parts)> single = [];
        while (reader.ReadLine() is { } line)
        {
            if (line[0] != '#')
                ReadLine(line, single);
        }
        foreach ((int codePoint, (bool compatible, int[] parts)) in single)
        {
            _places[codePoint] = (ushort)_canonical.Count;
            _canonical.Add(compatible ? [] : Expand(codePoint, single, allowCompatible: false));
            _compatible.Add(Expand(codePoint, single, allowCompatible: true));
        }
    }

    public static NormalizationData Instance => s_instance.Value;

    public int ClassOf(int codePoint) => codePoint < _classes.Length ? _classes[codePoint] : 0;

    /// <summary>Whether the character stays as it is and nothing before it changes or passes it.</summary>
    public bool IsInert(int codePoint, bool compatible, bool compose)
    {
        if (codePoint < 0xA0)
            return true;
        if (codePoint is >= HangulBase and < HangulBase + HangulCount)
            return compose;
        return ClassOf(codePoint) == 0 && Decomposition(codePoint, compatible).IsEmpty && !(compose && CanFollow(codePoint));
    }

    public void Decompose(int codePoint, bool compatible, List<int> target)
    {
        int hangul = codePoint - HangulBase;
        if (hangul is >= 0 and < HangulCount)
        {
            target.Add(LeadBase + hangul / (VowelCount * TailCount));
            target.Add(VowelBase + hangul / TailCount % VowelCount);
            if (hangul % TailCount != 0)
                target.Add(TailBase + hangul % TailCount);
            return;
        }
        ReadOnlySpan<int> parts = Decomposition(codePoint, compatible);
        if (parts.IsEmpty)
            target.Add(codePoint);
        else
            target.AddRange(parts);
    }

    public bool TryCompose(int first, int second, out int composite)
    {
        if (first - LeadBase is >= 0 and < LeadCount && second - VowelBase is >= 0 and < VowelCount)
        {
            composite = HangulBase + ((first - LeadBase) * VowelCount + second - VowelBase) * TailCount;
            return true;
        }
        if (first - HangulBase is >= 0 and < HangulCount && (first - HangulBase) % TailCount == 0 &&
            second - TailBase is > 0 and < TailCount)
        {
            composite = first + second - TailBase;
            return true;
        }
        return _composites.TryGetValue((long)first << 32 | (uint)second, out composite);
    }

    private static int Hex(ReadOnlySpan<char> text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private bool CanFollow(int codePoint) =>
        codePoint - VowelBase is >= 0 and < VowelCount || codePoint - TailBase is > 0 and < TailCount ||
        codePoint < _seconds.Length && _seconds[codePoint];

    private ReadOnlySpan<int> Decomposition(int codePoint, bool compatible)
    {
        int place = codePoint < _places.Length ? _places[codePoint] : 0;
        return compatible ? _compatible[place] : _canonical[place];
    }

    private void ReadLine(string line, Dictionary<int, (bool Compatible, int[] Parts)> single)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            int dots = line.IndexOf('.', StringComparison.Ordinal);
            int first = Hex(line.AsSpan(0, dots));
            int last = Hex(line.AsSpan(dots + 2, colon - dots - 2));
            _classes.AsSpan(first, last - first + 1).Fill(byte.Parse(line.AsSpan(colon + 1), CultureInfo.InvariantCulture));
            return;
        }
        int sign = line.AsSpan().IndexOfAny('=', '!', '~');
        int codePoint = Hex(line.AsSpan(0, sign));
        int[] parts = [.. line[(sign + 1)..].Split(' ').Select(part => Hex(part))];
        single.Add(codePoint, (line[sign] == '~', parts));
        if (line[sign] == '=')
        {
            _composites.Add((long)parts[0] << 32 | (uint)parts[1], codePoint);
            _seconds[parts[1]] = true;
        }
    }

    private static int[] Expand(int codePoint, Dictionary<int, (bool Compatible, int[] Parts)> single, bool allowCompatible) =>
        single.TryGetValue(codePoint, out var entry) && (allowCompatible || !entry.Compatible)
            ? [.. entry.Parts.SelectMany(part => Expand(part, single, allowCompatible))]
            : [codePoint];
}
