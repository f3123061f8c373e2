using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Weir.Engine.Checkpoints;

/// <summary>A file's bytes in memory, read-only. Weir is little-endian like the formats it reads.</summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    private const int DontNeed = 4;

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    /// <summary>Maps a whole file that is not empty.</summary>
    public MappedFile(SafeFileHandle file, long length)
    {
        Length = length;
        _map = MemoryMappedFile.CreateFromFile(
            file, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + _view.PointerOffset;
    }

    /// <summary>Number of bytes.</summary>
    public long Length { get; }

    /// <summary>Address of a byte; fails once disposed instead of reading memory that is gone.</summary>
    public nint Address(long offset)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        return (nint)(_start + offset);
    }

    /// <summary>Gives the pages of a range back to the system; reading them again fetches them from the file.</summary>
    public void Release(long offset, long length)
    {
        if (length == 0 || !OperatingSystem.IsLinux())
            return;
        // Neighbours on the first and last page lose nothing: the mapping is read-only and the file still has the bytes.
        nint start = Address(offset) & -(nint)Environment.SystemPageSize;
        _ = Advise(start, (nuint)(Address(offset) + length - start), DontNeed);
    }

    /// <summary>Unmaps.</summary>
    public void Dispose()
    {
        if (_start == null)
            return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint start, nuint length, int advice);
}
