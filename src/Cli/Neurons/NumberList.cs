using System.Globalization;

namespace Weir.Cli.Neurons;

/// <summary>Numbers with commas between them.</summary>
internal static class NumberList
{
    /// <summary>Reads a list of numbers that f32 holds.</summary>
    public static float[] Parse(string option, string list)
    {
        string[] words = list.Split(',', StringSplitOptions.TrimEntries);
        float[] numbers = new float[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || double.IsNaN(number))
            {
                throw new UsageException($"{option} must be numbers with commas between them, such as 0,1,-1,8, not '{list}'.");
            }

            numbers[i] = (float)number;
            if (!float.IsFinite(numbers[i]))
            {
                throw new UsageException($"{option} {words[i]} is more than f32 holds, which is 3.4e38.");
            }
        }

        return numbers;
    }
}
