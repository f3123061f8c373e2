using Microsoft.Win32.SafeHandles;

namespace Weir.Engine.Checkpoints;

/// <summary>
/// A safetensors file: validated as a whole before anything of it is mapped, then read in place. Nothing in a file can
/// make the reader execute code, read outside the file, or allocate more than a small multiple of the header's size.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly Dictionary<string, TensorView> _tensors;
    private readonly MappedFile _data;
    private readonly long _dataStart;

    private SafetensorsFile(string path, SafeFileHandle handle, long length, int headerLength, SafetensorsHeader header)
    {
        Path = path;
        Length = length;
        Metadata = header.Metadata;
        _dataStart = 8 + headerLength;
        _tensors = new(header.Entries.Count, StringComparer.Ordinal);
        TensorView[] inOrder = new TensorView[header.Entries.Count];
        for (int i = 0; i < inOrder.Length; i++)
        {
            SafetensorsHeader.Entry e = header.Entries[i];
            _tensors.Add(e.Name, inOrder[i] = new(this, e.Name, e.Type, e.Shape, e.Begin, e.End - e.Begin));
        }

        Tensors = inOrder;
        _data = new MappedFile(handle, length);
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>The file's size in bytes.</summary>
    public long Length { get; }

    /// <summary>The header's __metadata__; empty where it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorView> Tensors { get; }

    /// <summary>A tensor by its name; a named error where the file has none of it.</summary>
    public TensorView this[string name] =>
        Find(name) ?? throw new CheckpointException(CheckpointError.TensorMissing, Path, name, "is not in the file");

    /// <summary>The header's bytes as they stand in the file, its length before them.</summary>
    internal unsafe ReadOnlySpan<byte> HeaderBytes => new((void*)_data.Address(0), (int)_dataStart);

    /// <summary>Validates a file and maps it.</summary>
    public static SafetensorsFile Open(string path)
    {
        using SafeFileHandle handle = OpenHandle(path, out long length);
        byte[] header = ReadHeader(handle, path, length);
        SafetensorsHeader parsed = SafetensorsHeader.Parse(header, length - 8 - header.Length, path);
        return new(path, handle, length, header.Length, parsed);
    }

    /// <summary>A tensor by its name, or null.</summary>
    public TensorView? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>Unmaps; the views fail from here on.</summary>
    public void Dispose() => _data.Dispose();

    internal nint Address(long begin) => _data.Address(_dataStart + begin);

    internal void Release(long begin, long length) => _data.Release(_dataStart + begin, length);

    private static SafeFileHandle OpenHandle(string path, out long length)
    {
        try
        {
            SafeFileHandle handle = File.OpenHandle(path);
            length = RandomAccess.GetLength(handle);
            return handle;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(
                CheckpointError.FileMissing, path, null, $"cannot be opened ({e.Message.TrimEnd('.')})", "check the path", e);
        }
    }

    private static byte[] ReadHeader(SafeFileHandle handle, string path, long length)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (length < prefix.Length || ReadFully(handle, prefix, 0) < prefix.Length)
            throw new CheckpointException(CheckpointError.HeaderTooSmall, path, null, $"has {length} bytes, fewer than 8");
        ulong count = BitConverter.ToUInt64(prefix);
        if (count > SafetensorsHeader.LengthLimit)
        {
            throw new CheckpointException(
                CheckpointError.HeaderTooLarge, path, null, $"has a header of {count} bytes, over {SafetensorsHeader.LengthLimit}");
        }

        if ((long)count > length - 8)
        {
            throw new CheckpointException(
                CheckpointError.InvalidHeaderLength, path, null, $"has a header of {count} bytes in a file of {length}");
        }

        byte[] header = new byte[(int)count];
        if (ReadFully(handle, header, 8) < header.Length)
            throw new CheckpointException(CheckpointError.InvalidHeaderLength, path, null, "became shorter while it was read");
        return header;
    }

    private static int ReadFully(SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        int read = 0;
        while (read < buffer.Length && RandomAccess.Read(handle, buffer[read..], offset + read) is > 0 and int more)
            read += more;
        return read;
    }
}
