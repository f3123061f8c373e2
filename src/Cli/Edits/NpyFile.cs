using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Weir.Kernels;

namespace Weir.Cli.Edits;

/// <summary>Reads numpy's .npy files of little-endian floats, row by row.</summary>
internal static class NpyFile
{
    private const long MostBytes = 1L << 31;

    /// <summary>The file's numbers.</summary>
    public static float[] Read(string path)
    {
        using FileStream stream = File.OpenRead(path);
        if (stream.Length >= MostBytes)
        {
            throw Bad(path, "is larger than an edit can take");
        }

        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        ReadOnlySpan<byte> rest = bytes;
        if (bytes.Length < 12 || bytes[0] != 0x93 || !rest[1..].StartsWith("NUMPY"u8) || bytes[6] is not (1 or 2 or 3))
        {
            throw Bad(path, "is no .npy file");
        }

        long length = bytes[6] == 1 ? BitConverter.ToUInt16(bytes, 8) : BitConverter.ToUInt32(bytes, 8);
        int start = bytes[6] == 1 ? 10 : 12;
        if (length > bytes.Length - start)
        {
            throw Bad(path, "is cut off");
        }

        string header = Encoding.UTF8.GetString(bytes, start, (int)length);
        string type = Between(header, "'descr':", "'", "'") ?? throw Bad(path, "has no 'descr' of a plain type");
        long count = Count(path, header);
        rest = rest[(start + (int)length)..];
        int size = type switch
        {
            "<f2" => 2,
            "<f4" => 4,
            "<f8" => 8,
            _ => throw Bad(path, $"holds numbers of type {Shown(type)}; save it as float32"),
        };
        if (count > rest.Length / size || rest.Length != count * size)
        {
            throw Bad(path, $"holds {rest.Length} bytes where its shape has {count} numbers of {size}");
        }

        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> at = rest.Slice(i * size, size);
            values[i] = size switch
            {
                2 => (float)MemoryMarshal.Read<Half>(at),
                4 => MemoryMarshal.Read<float>(at),
                _ => (float)MemoryMarshal.Read<double>(at),
            };
        }

        return values;
    }

    private static long Count(string path, string header)
    {
        string shape = Between(header, "'shape':", "(", ")") ?? throw Bad(path, "has no 'shape'");
        long count = 1;
        int longest = 0;
        foreach (string word in shape.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long size) || size > MostBytes || count * size > MostBytes)
            {
                throw Bad(path, $"has the shape ({Shown(shape)})");
            }

            longest += size > 1 ? 1 : 0;
            count *= size;
        }

        return header.Contains("'fortran_order': True", StringComparison.Ordinal) && longest > 1
            ? throw Bad(path, "is in Fortran order; save it with numpy.ascontiguousarray")
            : count;
    }

    private static string? Between(string header, string key, string open, string close)
    {
        int at = header.IndexOf(key, StringComparison.Ordinal);
        int from = at < 0 ? -1 : header.IndexOf(open, at + key.Length, StringComparison.Ordinal);
        int to = from < 0 ? -1 : header.IndexOf(close, from + 1, StringComparison.Ordinal);
        return to < 0 ? null : header[(from + 1)..to];
    }

    private static string Shown(string text) => text.Length > 40 ? $"{text[..40]}..." : text;

    private static WeirException Bad(string path, string reason) => new($"{path} {reason}.");
}
