using System.Text.Json;
using System.Text.Unicode;

namespace Weir.Engine.Checkpoints;

/// <summary>
/// The header of a safetensors file, checked in the order: UTF-8, JSON, each tensor by itself, then all together. A
/// token reader, not a document, so that a hostile header costs no more memory than the tensors that it really names.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's limit on the header's length.</summary>
    public const int LengthLimit = 100_000_000;

    private readonly string _file;
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string file) => _file = file;

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The free strings of __metadata__.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads and checks a header for a file with so many bytes of data.</summary>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength, string file)
    {
        SafetensorsHeader header = new(file);
        if (!Utf8.IsValid(json))
            throw header.Refuse(CheckpointError.InvalidHeader, null, "has a header that is not UTF-8");
        try
        {
            header.ReadAll(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair in a name.
            throw header.Malformed($"has a header that is not JSON ({Short(e.Message)})", e);
        }

        header.CheckCoverage(dataLength);
        return header;
    }

    private void ReadAll(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        HashSet<string> names = new(StringComparer.Ordinal);
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "is not an object");
        while (NextKey(ref reader) is { } name)
        {
            if (!names.Add(name))
                throw Malformed("stands twice in the header", tensor: name);
            reader.Read();
            if (name == "__metadata__")
                ReadMetadata(ref reader);
            else
                ReadEntry(ref reader, name);
        }

        // Throws where anything but whitespace follows.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return;
        Expect(reader.TokenType == JsonTokenType.StartObject, "has a __metadata__ that is not an object");
        while (NextKey(ref reader) is { } key)
        {
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.String, "has a __metadata__ value that is not a string");
            if (!_metadata.TryAdd(key, reader.GetString()!))
                throw Malformed($"has '{CheckpointException.Shown(key)}' twice in __metadata__");
        }
    }

    private void ReadEntry(ref Utf8JsonReader reader, string name)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, "has an entry that is not an object", name);
        StoredType? type = null;
        ulong[]? shape = null, offsets = null;
        while (NextKey(ref reader) is { } key)
        {
            reader.Read();
            switch (key)
            {
                case "dtype" when type is null:
                    type = ReadType(ref reader, name);
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, name);
                    break;
                default:
                    throw Malformed($"has '{CheckpointException.Shown(key)}' twice, or where the format has no such key", tensor: name);
            }
        }

        Expect(type is not null && shape is not null, "lacks dtype or shape", name);
        Expect(offsets is { Length: 2 }, "does not have two data_offsets", name);
        _entries.Add(CheckEntry(name, type!.Value, shape!, offsets![0], offsets[1]));
    }

    private StoredType ReadType(ref Utf8JsonReader reader, string name)
    {
        Expect(reader.TokenType == JsonTokenType.String, "has a dtype that is not a string", name);
        string type = reader.GetString()!;
        // Enum.TryParse alone would also take "17" and " f32".
        return Enum.TryParse(type, out StoredType known) && known.ToString() == type
            ? known
            : throw Malformed($"has the unknown dtype '{CheckpointException.Shown(type)}'", tensor: name);
    }

    private ulong[] ReadNumbers(ref Utf8JsonReader reader, string name)
    {
        Expect(reader.TokenType == JsonTokenType.StartArray, "has a shape or data_offsets that is not a list", name);
        List<ulong> numbers = new(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ulong number = 0;
            Expect(
                reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out number),
                "has a shape or data_offsets that is not of non-negative integers", name);
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private Entry CheckEntry(string name, StoredType type, ulong[] shape, ulong begin, ulong end)
    {
        if (begin > end)
            throw Refuse(CheckpointError.InvalidOffset, name, $"ends at {end}, before its begin {begin}");
        ulong bits = 1;
        try
        {
            foreach (ulong size in shape)
                bits = checked(bits * size);
            bits = checked(bits * (ulong)type.Bits());
        }
        catch (OverflowException e)
        {
            throw new CheckpointException(
                CheckpointError.ValidationOverflow, _file, name, "has a shape whose number of bytes overflows", cause: e);
        }

        if (bits % 8 != 0)
            throw Refuse(CheckpointError.MisalignedSlice, name, $"of type {type} does not fill whole bytes");
        if (bits / 8 != end - begin)
            throw Refuse(CheckpointError.TensorInvalidInfo, name, $"has {end - begin} bytes, but its shape and {type} need {bits / 8}");
        long[] sizes = new long[shape.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            // Only beside a dimension of zero: any other product would have overflowed.
            if (shape[i] > long.MaxValue)
                throw Refuse(CheckpointError.ValidationOverflow, name, $"has a dimension of {shape[i]}");
            sizes[i] = (long)shape[i];
        }

        if (end > long.MaxValue)
            throw Refuse(CheckpointError.MetadataIncompleteBuffer, name, $"ends at {end}, beyond any file");
        return new(name, type, sizes, (long)begin, (long)end);
    }

    private void CheckCoverage(long dataLength)
    {
        _entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin)
            : a.End != b.End ? a.End.CompareTo(b.End) : string.CompareOrdinal(a.Name, b.Name));
        long expected = 0;
        foreach (Entry e in _entries)
        {
            if (e.Begin != expected)
                throw Refuse(CheckpointError.InvalidOffset, e.Name, $"begins at {e.Begin} where {expected} is next");
            expected = e.End;
        }

        if (expected != dataLength)
        {
            throw Refuse(
                CheckpointError.MetadataIncompleteBuffer, null, $"has {dataLength} bytes of data, but its tensors cover {expected}");
        }
    }

    private static string? NextKey(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
    }

    private void Expect(bool condition, string reason, string? tensor = null)
    {
        if (!condition)
            throw Malformed(tensor is null ? $"has a header that {reason}" : reason, tensor: tensor);
    }

    private CheckpointException Malformed(string reason, Exception? cause = null, string? tensor = null) =>
        new(CheckpointError.InvalidHeaderDeserialization, _file, tensor, reason, cause: cause);

    private CheckpointException Refuse(CheckpointError error, string? tensor, string reason) => new(error, _file, tensor, reason);

    private static string Short(string message) => CheckpointException.Shown(message.TrimEnd('.'));

    /// <summary>One tensor; begin and end are relative to the data.</summary>
    internal sealed record Entry(string Name, StoredType Type, long[] Shape, long Begin, long End);
}
