using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Weir.Engine.Checkpoints;
using Xunit;

namespace Weir.Engine.Tests.Checkpoints;

/// <summary>Finds the repository's fixtures, and makes directories of its own.</summary>
internal static class CheckpointFixtures
{
    private static readonly string s_temporary = Path.Combine(Path.GetTempPath(), $"weir-tests-{Environment.ProcessId}");

    static CheckpointFixtures() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        if (Directory.Exists(s_temporary))
            Directory.Delete(s_temporary, recursive: true);
    };

    public static string Root => RepositoryRoot.Path;

    public static string Model(string name) => Path.Combine(Root, "tests", "fixtures", "models", name);

    public static string Demo => Path.Combine(Root, "models", "demo");

    /// <summary>A new empty directory, named after the test.</summary>
    public static string Temporary([CallerMemberName] string test = "")
    {
        string path = Path.Combine(s_temporary, $"{test}-{Guid.NewGuid():N}");
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

    /// <summary>Changes a JSON file's object.</summary>
    public static void EditJson(string path, Action<JsonObject> edit)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    /// <summary>Saves a checkpoint's tensors again, changed.</summary>
    public static void EditTensors(string path, Action<Dictionary<string, (StoredType Type, long[] Shape, byte[] Bytes)>> edit)
    {
        Dictionary<string, (StoredType Type, long[] Shape, byte[] Bytes)> tensors = new(StringComparer.Ordinal);
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            foreach (TensorView t in file.Tensors)
                tensors.Add(t.Name, (t.Type, t.Shape.ToArray(), t.Bytes.ToArray()));
        }

        edit(tensors);
        SafetensorsWriter writer = new();
        foreach ((string name, (StoredType type, long[] shape, byte[] bytes)) in tensors)
            writer.Add(name, type, shape, stream => stream.Write(bytes));
        writer.Save(path);
    }

    public static CheckpointException Refuses(CheckpointError error, Action action)
    {
        CheckpointException e = Assert.Throws<CheckpointException>(action);
        Assert.True(error == e.Error, $"expected {error}, got: {e.Message}");
        Assert.Contains(error.ToString(), e.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        return e;
    }
}
