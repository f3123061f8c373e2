using System.Text.Json;
using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>Reports that were kept, as bench/results holds them.</summary>
public static class ResultFiles
{
    /// <summary>The newest report of a GPU in a directory, or null where there is none.</summary>
    /// <exception cref="WeirException">The directory is not there, or a file in it is no report.</exception>
    public static BenchmarkReport? NewestOfGpu(string directory, IReadOnlyList<BenchmarkCase> cases)
    {
        if (!Directory.Exists(directory))
        {
            throw new WeirException($"There is no directory {directory} to read results from.");
        }

        return Directory.EnumerateFiles(directory, "*.json").Where(IsOfGpu).Select(f => Read(f, cases)).MaxBy(r => r.Date);
    }

    private static bool IsOfGpu(string file) => Guard(file, json =>
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty("gpu", out JsonElement gpu) && gpu.GetBoolean();
    });

    private static BenchmarkReport Read(string file, IReadOnlyList<BenchmarkCase> cases) => Guard(file, json => BenchmarkReport.Read(json, cases));

    private static T Guard<T>(string file, Func<string, T> read)
    {
        try
        {
            return read(File.ReadAllText(file));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new WeirException($"{file} holds no benchmark results: {e.Message}", e);
        }
    }
}
