using System.Text.Json;

namespace Weir.Cli.Tests;

/// <summary>weir devices, on machines with a GPU and without.</summary>
public class DevicesTests
{
    [Fact]
    public void It_lists_the_processor_and_every_library_found_or_not()
    {
        Outcome outcome = WeirRun.Succeed("devices");
        Assert.Contains(outcome.Lines, l => l.StartsWith("cpu ", StringComparison.Ordinal) && l.Contains("-bit vectors, ", StringComparison.Ordinal));
        Assert.All((string[])["CUDA driver", "cuBLASLt", "cuBLAS", "NVTX"], name => Assert.Contains(outcome.Lines, l => l.StartsWith(name + ' ', StringComparison.Ordinal)));
        bool none = outcome.Output.Contains("There is no CUDA driver on this machine", StringComparison.Ordinal);
        Assert.Equal(!none, outcome.Output.Contains("cuda:0", StringComparison.Ordinal) || outcome.Output.Contains("cuInit", StringComparison.Ordinal));
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void As_json_it_says_the_same()
    {
        using JsonDocument json = JsonDocument.Parse(WeirRun.Succeed("devices", "--json", "-").Output);
        JsonElement root = json.RootElement;
        Assert.Equal("cpu", root.GetProperty("devices")[0].GetProperty("device").GetString());
        Assert.Equal(Environment.ProcessorCount, root.GetProperty("devices")[0].GetProperty("threads").GetInt32());
        Assert.Equal(["CUDA driver", "cuBLASLt", "cuBLAS", "NVTX"], root.GetProperty("libraries").EnumerateArray().Select(l => l.GetProperty("library").GetString()!));
        Assert.Equal(root.GetProperty("devices").GetArrayLength() == 1, root.GetProperty("problem").ValueKind == JsonValueKind.String);
    }
}
