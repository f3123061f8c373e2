using Weir.Analysis.Parity;
using Weir.Engine;
using Weir.Kernels.Cpu;

namespace Weir.Analysis.Tests;

/// <summary>Every fixture model agrees with Hugging Face transformers, at every site, at every vector width.</summary>
public sealed class ParityTests
{
    public static IEnumerable<TheoryDataRow<string, int>> Cases() => Directory.GetDirectories(Fixtures)
        .Where(d => File.Exists(Path.Combine(d, "reference.safetensors")))
        .SelectMany(d => CpuDevice.VectorWidths.Select(bits => new TheoryDataRow<string, int>(Path.GetFileName(d), bits)));

    private static string Fixtures { get; } = Path.Combine(Root(), "tests", "fixtures", "models");

    [Theory]
    [MemberData(nameof(Cases))]
    public void EverySiteIsWithinTheTolerance(string name, int vectorBits)
    {
        using var device = new CpuDevice(threads: 2, vectorBits);
        using Model model = Model.Load(Path.Combine(Fixtures, name), new LoadOptions { Device = device });
        ParityReport report = ParityCheck.Run(model);
        Assert.All(report.Rows, row => Assert.True(row.Passed, $"{row.Reference} ({row.Site}) is off by {row.Difference:G3}, more than {row.Tolerance:G3}"));
        int layers = model.Spec.Layers;
        Assert.True(report.Rows.Count >= 3 + (5 * layers), $"only {report.Rows.Count} tensors were compared");
        Assert.All(report.Skipped, s => Assert.Equal("belongs to training", s.Reason));
    }

    [Theory]
    [InlineData("gpt2-hubnames", "gpt2")]
    [InlineData("pythia-hubnames", "pythia")]
    public void OldTensorNamesGiveTheSameModel(string old, string named)
    {
        using Model model = Model.Load(Path.Combine(Fixtures, old));
        Assert.True(ParityCheck.Run(model, Path.Combine(Fixtures, named, "reference.safetensors")).Passed);
    }

    [Fact]
    public void ADifferentModelFails()
    {
        using Model model = Model.Load(Path.Combine(Fixtures, "mistral"));
        ParityReport report = ParityCheck.Run(model, Path.Combine(Fixtures, "llama3", "reference.safetensors"));
        Assert.False(report.Passed);
    }

    private static string Root()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Engine.sln")))
        {
            directory = directory.Parent;
        }

        return directory!.FullName;
    }
}
