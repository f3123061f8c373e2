namespace Weir.Engine.Checkpoints;

/// <summary>Writes a file so that an interrupted write leaves the old one: a temporary file beside it, then a rename.</summary>
public static class AtomicFile
{
    private const int BufferSize = 1 << 20;

    /// <summary>Writes a file's content; where <paramref name="write"/> throws, nothing is left of it.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferSize))
            {
                write(stream);
                // The rename must not reach the disk before the content.
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
