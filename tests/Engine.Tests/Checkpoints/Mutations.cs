using System.Text;

namespace Weir.Engine.Tests.Checkpoints;

/// <summary>Damages bytes and JSON the way broken and hostile files are damaged.</summary>
internal static class Mutations
{
    private static readonly string[] s_pieces =
    [
        "0", "-1", "1e400", "1.5", "18446744073709551615", "9223372036854775807", "4294967296", "2147483647", "null", "true",
        "\"\"", "\"F4\"", "\"\\ud800\"", "[]", "{}", "[[[[", "{\"a\":{\"a\":{\"a\":", ",", ":", "\"", "\\", "}", "]", " ", "\0", "\uFEFF", "é",
        "\"dtype\":\"I64\"", "\"__metadata__\":{\"a\":\"b\"},", "\"data_offsets\":[0,0]", "\"shape\":[0,9999999999]",
    ];

    /// <summary>The values that a JSON value is replaced by.</summary>
    public static IReadOnlyList<string> Values { get; } =
    [
        "0", "-1", "1", "2", "3", "1e400", "1.5", "0.5", "18446744073709551615", "9223372036854775807", "2147483647", "1048576", "4096",
        "16777216", "null", "true", "false", "\"\"", "\"gelu\"", "\"llama\"", "\"yarn\"", "\"bfloat16\"", "\"..\"", "\"\\ud800\"", "[]",
        "{}", "[0]", "[1,2,3]", "[\"full_attention\"]", "{\"rope_type\":\"yarn\",\"factor\":4}", "{\"rope_type\":\"linear\",\"factor\":1e300}",
        "[[[[[[[[[[]]]]]]]]]]", "1e-300", "-0",
    ];

    /// <summary>One to four changes of bytes: flips, cuts, copies, insertions.</summary>
    public static byte[] Mutate(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int n = random.Next(1, 5); n > 0; n--)
        {
            int at = random.Next(bytes.Count + 1), length = Math.Min(random.Next(1, 24), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                    break;
                case 3 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 4:
                    ReplaceNumber(bytes, at, random);
                    break;
                default:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)]));
                    break;
            }
        }

        return [.. bytes];
    }

    // Numbers are where the arithmetic is; most other changes only break the JSON.
    private static void ReplaceNumber(List<byte> bytes, int from, Random random)
    {
        int start = bytes.FindIndex(from, b => b is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
            return;
        int end = start;
        while (end < bytes.Count && bytes[end] is >= (byte)'0' and <= (byte)'9')
            end++;
        bytes.RemoveRange(start, end - start);
        string number = random.Next(3) == 0 ? s_pieces[random.Next(8)] : random.Next(40).ToString(System.Globalization.CultureInfo.InvariantCulture);
        bytes.InsertRange(start, Encoding.ASCII.GetBytes(number));
    }
}
