using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Weir.Engine.Checkpoints;

/// <summary>
/// Collects tensors and saves them as a safetensors file. The values are read when the file is written, so nothing is
/// copied before. Wide types come first, so that every tensor is aligned to its element size.
/// </summary>
public sealed class SafetensorsWriter
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Free strings for the header's __metadata__.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Adds F32 values, stored as F32, F16 or BF16 (rounded to nearest, ties to even).</summary>
    public void Add(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<float> values, StoredType type = StoredType.F32)
    {
        if (type.WeightType() is null)
            throw new ArgumentException($"Values can be stored as F32, F16 or BF16, not {type}.", nameof(type));
        TensorStream.RequireCount(name, shape, values.Length);
        Add(name, type, shape, stream => WriteFloats(stream, values.Span, type));
    }

    /// <summary>Adds I32 values.</summary>
    public void Add(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<int> values)
    {
        TensorStream.RequireCount(name, shape, values.Length);
        Add(name, StoredType.I32, shape, stream => TensorStream.Write(stream, values.Span));
    }

    /// <summary>Adds I64 values.</summary>
    public void Add(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<long> values)
    {
        TensorStream.RequireCount(name, shape, values.Length);
        Add(name, StoredType.I64, shape, stream => TensorStream.Write(stream, values.Span));
    }

    /// <summary>Adds a tensor of any type whose little-endian bytes <paramref name="write"/> gives when the file is written.</summary>
    public void Add(string name, StoredType type, ReadOnlySpan<long> shape, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentOutOfRangeException.ThrowIfEqual(name, "__metadata__");
        long bits = type.Bits();
        foreach (long size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            bits = checked(bits * size);
        }

        if (bits % 8 != 0)
            throw new ArgumentException($"Tensor '{name}' of {type} does not fill whole bytes.", nameof(shape));
        if (!_entries.TryAdd(name, new(name, type, shape.ToArray(), bits / 8, write)))
            throw new ArgumentException($"Tensor '{name}' was added before.", nameof(name));
    }

    /// <summary>Writes the file; an interrupted write leaves the old one.</summary>
    public void Save(string path)
    {
        Entry[] order = [.. _entries.Values.OrderByDescending(e => e.Type.Bits()).ThenBy(e => e.Name, StringComparer.Ordinal)];
        byte[] header = Header(order);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(BitConverter.GetBytes((ulong)header.Length));
            stream.Write(header);
            foreach (Entry e in order)
            {
                long before = stream.Position;
                e.Write(stream);
                if (stream.Position - before != e.Length)
                    throw new InvalidOperationException($"Tensor '{e.Name}' gave {stream.Position - before} bytes, not {e.Length}.");
            }
        });
    }

    private byte[] Header(Entry[] order)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in Metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long begin = 0;
            foreach (Entry e in order)
            {
                json.WriteStartObject(e.Name);
                json.WriteString("dtype", e.Type.ToString());
                WriteNumbers(json, "shape", e.Shape);
                WriteNumbers(json, "data_offsets", [begin, begin += e.Length]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces up to a multiple of eight, so that the data is aligned in a mapping.
        int padding = -buffer.WrittenCount & 7;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        if (buffer.WrittenCount > SafetensorsHeader.LengthLimit)
            throw new InvalidOperationException($"The header would have {buffer.WrittenCount} bytes, over the format's limit.");
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string key, ReadOnlySpan<long> values)
    {
        json.WriteStartArray(key);
        foreach (long value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static void WriteFloats(Stream stream, ReadOnlySpan<float> values, StoredType type)
    {
        if (type == StoredType.F32)
        {
            TensorStream.Write(stream, values);
            return;
        }

        ushort[] bits = new ushort[Math.Min(TensorStream.Chunk, values.Length)];
        for (int start = 0; start < values.Length; start += TensorStream.Chunk)
        {
            ReadOnlySpan<float> part = values.Slice(start, Math.Min(TensorStream.Chunk, values.Length - start));
            for (int i = 0; i < part.Length; i++)
                bits[i] = type == StoredType.F16 ? BitConverter.HalfToUInt16Bits((Half)part[i]) : BFloat16Bits(part[i]);
            stream.Write(MemoryMarshal.AsBytes(bits.AsSpan(0, part.Length)));
        }
    }

    private static ushort BFloat16Bits(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        // Rounding could carry a NaN's payload into infinity: cut it and keep it quiet.
        return float.IsNaN(value) ? (ushort)(bits >> 16 | 0x40) : (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }

    private sealed record Entry(string Name, StoredType Type, long[] Shape, long Length, Action<Stream> Write);
}
