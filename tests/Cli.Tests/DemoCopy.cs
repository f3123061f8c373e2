using System.Text.Json;

namespace Weir.Cli.Tests;

/// <summary>Copies of the demo model to change.</summary>
internal static class DemoCopy
{
    /// <summary>The demo model as it is.</summary>
    public static string Of(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.GetFiles(WeirRun.Demo))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        return directory;
    }

    /// <summary>The gate and the up row of neuron 0.0 hold no numbers, so that no pass gives any.</summary>
    public static string Broken(string directory)
    {
        string weights = Path.Combine(Of(directory), "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        int header = BitConverter.ToInt32(bytes);
        using JsonDocument json = JsonDocument.Parse(bytes.AsMemory(8, header));
        foreach (string matrix in (string[])["gate", "up"])
        {
            int start = json.RootElement.GetProperty($"model.layers.0.mlp.{matrix}_proj.weight").GetProperty("data_offsets")[0].GetInt32();
            bytes.AsSpan(8 + header + start, 256).Fill(0xFF);
        }

        File.WriteAllBytes(weights, bytes);
        return directory;
    }
}
