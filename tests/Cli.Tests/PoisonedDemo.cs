using System.Text.Json;

namespace Weir.Cli.Tests;

/// <summary>The demo model with a weight that is infinite.</summary>
internal static class PoisonedDemo
{
    /// <summary>Copies the demo model.</summary>
    public static void Copy(TemporaryDirectory directory)
    {
        foreach (string file in Directory.EnumerateFiles(WeirRun.Demo))
        {
            File.Copy(file, directory[Path.GetFileName(file)]);
        }
    }

    /// <summary>Makes the first weight of a tensor of the copy infinite.</summary>
    public static void Poison(TemporaryDirectory directory, string tensor)
    {
        using FileStream weights = File.Open(directory["model.safetensors"], FileMode.Open);
        byte[] head = new byte[8];
        weights.ReadExactly(head);
        byte[] names = new byte[BitConverter.ToInt64(head)];
        weights.ReadExactly(names);
        using JsonDocument json = JsonDocument.Parse(names);
        JsonElement entry = json.RootElement.GetProperty(tensor);
        weights.Position = 8 + names.Length + entry.GetProperty("data_offsets")[0].GetInt64();
        weights.Write(entry.GetProperty("dtype").GetString() switch
        {
            "F32" => [0, 0, 0x80, 0x7f],
            "BF16" => [0x80, 0x7f],
            _ => (byte[])[0, 0x7c],
        });
    }
}
