using Weir.Engine.Checkpoints;
using Weir.Kernels;

namespace Weir.Cli.Output;

/// <summary>Files that the program writes: whole or not at all, refused before the work where they cannot be written.</summary>
internal static class OutputFile
{
    private static readonly Lock Gate = new();
    private static int _writers;

    /// <summary>Checks, before long work, that a file can be put there.</summary>
    /// <param name="option">The option that named it.</param>
    /// <param name="path">The file; null or - where none is wanted.</param>
    public static void Check(string option, string? path)
    {
        if (path is null or "-")
        {
            return;
        }

        if (Directory.Exists(path))
        {
            throw new WeirException($"{option} {path} is a directory; name a file.");
        }

        string parent = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        if (!Directory.Exists(parent))
        {
            throw new WeirException($"{option} {path} cannot be written, because the directory {parent} does not exist.");
        }

        if (!IsDevice(path))
        {
            Try($"{option} {path}", () => Probe(parent));
        }
    }

    /// <summary>The same for a file of bytes, which cannot go to the standard output.</summary>
    public static void CheckFile(string option, string? path)
    {
        if (path == "-")
        {
            throw new UsageException($"{option} needs a file; its bytes do not go to the standard output.");
        }

        Check(option, path);
    }

    /// <summary>Checks, before long work, that a directory is there or can be made.</summary>
    /// <param name="option">The option that named it.</param>
    /// <param name="path">The directory; null where none is wanted.</param>
    public static void CheckDirectory(string option, string? path)
    {
        if (path is null)
        {
            return;
        }

        if (File.Exists(path))
        {
            throw new WeirException($"{option} {path} is a file; name a directory.");
        }

        string? parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (!Directory.Exists(path) && parent is not null && !Directory.Exists(parent))
        {
            throw new WeirException($"{option} {path} cannot be made, because the directory {parent} does not exist.");
        }

        Try($"{option} {path}", () =>
        {
            bool isNew = !Directory.Exists(path);
            Directory.CreateDirectory(path);
            if (isNew)
            {
                Directory.Delete(path);
            }
            else
            {
                Probe(path);
            }
        });
    }

    /// <summary>Writes a file's content.</summary>
    public static void Write(string path, Action<Stream> write) => Guard(path, target =>
    {
        if (IsDevice(target))
        {
            using var stream = new FileStream(target, FileMode.Open, FileAccess.Write);
            write(stream);
        }
        else
        {
            AtomicFile.Write(target, write);
        }
    });

    /// <summary>Runs code that writes a file by itself, and names the file in its errors.</summary>
    public static void Save(string path, Action<string> save) => Guard(path, target =>
    {
        if (IsDevice(target))
        {
            throw new WeirException($"{path} is no place for tensors; name a file.");
        }

        save(target);
    });

    /// <summary>Waits until the files being written are complete or taken away.</summary>
    public static void WaitForWriters()
    {
        while (Volatile.Read(ref _writers) > 0)
        {
            Thread.Sleep(10);
        }
    }

    private static void Guard(string path, Action<string> write)
    {
        lock (Gate)
        {
            _writers++;
        }

        try
        {
            // A rename would replace a link, not the file it stands for.
            string target = IsDevice(path) || !File.Exists(path) ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            Try(path, () => write(target));
        }
        finally
        {
            lock (Gate)
            {
                _writers--;
            }
        }
    }

    private static void Try(string what, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not ClosedPipeException)
        {
            throw new WeirException($"{what} cannot be written ({Reason(e)}).", e);
        }
    }

    // Permissions alone do not tell: a file system can be full, or take no files.
    private static void Probe(string directory)
    {
        using var file = new FileStream(Path.Combine(directory, $".weir-{Guid.NewGuid():N}"), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose });
    }

    private static bool IsDevice(string path) => !OperatingSystem.IsWindows()
        && (Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal) || Path.GetFullPath(path).StartsWith("/proc/", StringComparison.Ordinal));

    // The system's message names the temporary file, which is nobody's business.
    private static string Reason(Exception e) => e switch
    {
        UnauthorizedAccessException => "permission denied",
        DirectoryNotFoundException => "its directory does not exist",
        FileNotFoundException => "nothing can be made there",
        _ when e.Message.Contains(" : '", StringComparison.Ordinal) => e.Message[..e.Message.IndexOf(" : '", StringComparison.Ordinal)].ToLowerInvariant(),
        _ => e.Message.TrimEnd('.'),
    };
}
