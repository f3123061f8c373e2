using System.Globalization;

namespace Weir.Cli.Neurons;

/// <summary>Numbers with commas between them.</summary>
internal static class NumberList
{
    /// <summary>Reads a list.</summary>
    public static float[] Parse(string option, string list)
    {
        string[] words = list.Split(',', StringSplitOptions.TrimEntries);
        float[] numbers = new float[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!float.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !float.IsFinite(numbers[i]))
            {
                throw new UsageException($"{option} must be numbers with commas between them, such as 0,1,-1,8, not '{list}'.");
            }
        }

        return numbers;
    }
}
