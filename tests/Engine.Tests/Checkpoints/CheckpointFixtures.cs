using System.Runtime.CompilerServices;
using Weir.Engine.Checkpoints;
using Xunit;

namespace Weir.Engine.Tests.Checkpoints;

/// <summary>Finds the repository's fixtures, and makes directories of its own.</summary>
internal static class CheckpointFixtures
{
    public static string Root { get; } = FindRoot();

    public static string Model(string name) => Path.Combine(Root, "tests", "fixtures", "models", name);

    public static string Demo => Path.Combine(Root, "models", "demo");

    /// <summary>A new empty directory, named after the test.</summary>
    public static string Temporary([CallerMemberName] string test = "")
    {
        string path = Path.Combine(Path.GetTempPath(), "weir-tests", $"{test}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A copy of a fixture, its config.hub.json put in the place of config.json where asked for.</summary>
    public static string Copy(string name, bool hub = false, [CallerMemberName] string test = "")
    {
        string target = Temporary(test);
        foreach (string file in Directory.EnumerateFiles(Model(name)))
        {
            if (!file.EndsWith("reference.safetensors", StringComparison.Ordinal))
                File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        if (hub)
            File.Move(Path.Combine(target, "config.hub.json"), Path.Combine(target, "config.json"), overwrite: true);
        return target;
    }

    /// <summary>The bytes of a safetensors file with this header and so many bytes of data.</summary>
    public static byte[] Safetensors(string header, int data) =>
        [.. BitConverter.GetBytes((ulong)System.Text.Encoding.UTF8.GetByteCount(header)), .. System.Text.Encoding.UTF8.GetBytes(header), .. new byte[data]];

    public static CheckpointException Refuses(CheckpointError error, Action action)
    {
        CheckpointException e = Assert.Throws<CheckpointException>(action);
        Assert.True(error == e.Error, $"expected {error}, got: {e.Message}");
        Assert.Contains(error.ToString(), e.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        return e;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Engine.sln")))
                return at.FullName;
        }

        throw new DirectoryNotFoundException($"No Engine.sln above {AppContext.BaseDirectory}.");
    }
}
