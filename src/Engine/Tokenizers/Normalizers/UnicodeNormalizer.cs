using System.Text;

namespace Weir.Engine.Tokenizers;

/// <summary>NFC, NFD, NFKC and NFKD.</summary>
internal sealed class UnicodeNormalizer(NormalizationForm form) : Normalizer
{
    private readonly bool _compatible = form is NormalizationForm.KC or NormalizationForm.KD;
    private readonly bool _compose = form is NormalizationForm.C or NormalizationForm.KC;

    public override string Normalize(string text, ref int leading)
    {
        leading = Normalize(text[..leading]).Length;
        return Normalize(text);
    }

    private string Normalize(string text)
    {
        int from = FindChange(text, 0, out int changed);
        if (changed == text.Length)
            return text;
        StringBuilder result = new(text.Length);
        List<int> codePoints = [];
        List<int> composed = [];
        int done = 0;
        while (changed < text.Length)
        {
            // From the inert character before the change (the next may compose with it) to the next inert one.
            result.Append(text, done, from - done);
            int end = changed;
            codePoints.Clear();
            for (int i = from; i < changed;)
                NormalizationData.Instance.Decompose(Next(text, ref i), _compatible, codePoints);
            while (end < text.Length)
            {
                int at = end;
                int codePoint = Next(text, ref at);
                if (end > changed && NormalizationData.Instance.IsInert(codePoint, _compatible, _compose))
                    break;
                NormalizationData.Instance.Decompose(codePoint, _compatible, codePoints);
                end = at;
            }
            Order(codePoints);
            List<int> output = codePoints;
            if (_compose)
            {
                Compose(codePoints, composed);
                output = composed;
            }
            Append(result, output);
            done = end;
            from = FindChange(text, end, out changed);
        }
        return result.Append(text, done, text.Length - done).ToString();
    }

    private static int Next(string text, ref int index)
    {
        int codePoint = CharacterClasses.CodePointAt(text, index, out int length);
        index += length;
        return codePoint;
    }

    /// <summary>Finds the next character that is not inert; returns where the character before it begins.</summary>
    private int FindChange(string text, int index, out int changed)
    {
        int before = index;
        for (int i = index; i < text.Length;)
        {
            int at = i;
            if (text[i] < 0xA0)
            {
                i++;
            }
            else if (!NormalizationData.Instance.IsInert(Next(text, ref i), _compatible, _compose))
            {
                changed = at;
                return before;
            }
            before = at;
        }
        changed = text.Length;
        return before;
    }

    /// <summary>Puts the marks between two starters in the order of their classes; equal ones keep theirs.</summary>
    private static void Order(List<int> codePoints)
    {
        NormalizationData data = NormalizationData.Instance;
        for (int i = 0; i < codePoints.Count;)
        {
            if (data.ClassOf(codePoints[i]) == 0)
            {
                i++;
                continue;
            }
            int end = i + 1;
            while (end < codePoints.Count && data.ClassOf(codePoints[end]) != 0)
                end++;
            if (end - i > 1)
            {
                int[] marks = [.. codePoints.Skip(i).Take(end - i).OrderBy(data.ClassOf)];
                for (int k = 0; k < marks.Length; k++)
                    codePoints[i + k] = marks[k];
            }
            i = end;
        }
    }

    private static void Compose(List<int> codePoints, List<int> composed)
    {
        NormalizationData data = NormalizationData.Instance;
        composed.Clear();
        int starter = -1;
        int lastClass = -1; // of what stands between the starter and here; -1 is nothing
        foreach (int codePoint in codePoints)
        {
            int combiningClass = data.ClassOf(codePoint);
            if (starter >= 0 && lastClass < combiningClass && data.TryCompose(composed[starter], codePoint, out int composite))
            {
                composed[starter] = composite;
                continue;
            }
            if (combiningClass == 0)
                starter = composed.Count;
            lastClass = combiningClass == 0 ? -1 : combiningClass;
            composed.Add(codePoint);
        }
    }

    private static void Append(StringBuilder result, List<int> codePoints)
    {
        Span<char> units = stackalloc char[2];
        foreach (int codePoint in codePoints)
            result.Append(units[..new Rune(codePoint).EncodeToUtf16(units)]);
    }
}
