using System.IO.Compression;
using System.Text;

namespace Weir.Engine.Checkpoints;

/// <summary>Collects arrays and saves them as an .npz file, which numpy.load opens. The same arrays give the same bytes.</summary>
public sealed class NpzWriter
{
    private readonly SortedDictionary<string, (string Type, long[] Shape, Action<Stream> Write)> _entries =
        new(StringComparer.Ordinal);

    /// <summary>Adds an array of F32.</summary>
    public void Add(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<float> values) => AddArray(name, "<f4", shape, values);

    /// <summary>Adds an array of I32.</summary>
    public void Add(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<int> values) => AddArray(name, "<i4", shape, values);

    /// <summary>Adds an array of I64.</summary>
    public void Add(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<long> values) => AddArray(name, "<i8", shape, values);

    /// <summary>Adds a text, as numpy's array without dimensions of its Unicode type.</summary>
    public void AddText(string name, string text)
    {
        byte[] points = Encoding.UTF32.GetBytes(text);
        AddEntry(name, $"<U{Math.Max(1, points.Length / 4)}", [], stream => stream.Write(points.Length == 0 ? new byte[4] : points));
    }

    /// <summary>Writes the file; an interrupted write leaves the old one.</summary>
    /// <param name="path">The file; its arrays are not deflated, since floating-point values hardly shrink.</param>
    public void Save(string path) => AtomicFile.Write(path, stream =>
    {
        using ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach ((string name, (string type, long[] shape, Action<Stream> write)) in _entries)
        {
            ZipArchiveEntry entry = zip.CreateEntry(
                $"{name}.npy", CompressionLevel.NoCompression);
            entry.LastWriteTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using Stream content = entry.Open();
            content.Write(Header(type, shape));
            write(content);
        }
    });

    private void AddArray<T>(string name, string type, ReadOnlySpan<long> shape, ReadOnlyMemory<T> values) where T : unmanaged
    {
        TensorStream.RequireCount(name, shape, values.Length);
        AddEntry(name, type, shape, stream => TensorStream.Write(stream, values.Span));
    }

    private void AddEntry(string name, string type, ReadOnlySpan<long> shape, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        // A zip entry's name is a path to whoever unpacks it.
        if (name.Split('/', '\\').Any(part => part is "" or "." or ".."))
            throw new ArgumentException($"'{name}' is no name of an array.", nameof(name));
        if (!_entries.TryAdd(name, (type, shape.ToArray(), write)))
            throw new ArgumentException($"Array '{name}' was added before.", nameof(name));
    }

    private static byte[] Header(string type, long[] shape)
    {
        string tuple = shape.Length == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape)})";
        StringBuilder text = new($"{{'descr': '{type}', 'fortran_order': False, 'shape': {tuple}, }}");
        // Version 1.0: magic, version, length, and text that ends in a newline at a multiple of 64.
        text.Append(' ', -(text.Length + 11) & 63).Append('\n');
        return [0x93, .. "NUMPY"u8, 1, 0, .. BitConverter.GetBytes(checked((ushort)text.Length)), .. Encoding.ASCII.GetBytes(text.ToString())];
    }
}
