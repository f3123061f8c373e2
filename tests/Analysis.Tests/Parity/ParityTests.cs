using System.Text.Json.Nodes;
using Weir.Analysis.Parity;
using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Kernels;
using Weir.Kernels.Cpu;

namespace Weir.Analysis.Tests.Parity;

/// <summary>Every fixture model agrees with Hugging Face transformers, at every site, at every vector width and on CUDA.</summary>
public sealed class ParityTests
{
    private static IEnumerable<string> Names { get; } = Directory.GetDirectories(Fixture.Model(""))
        .Where(d => File.Exists(Path.Combine(d, "reference.safetensors"))).Select(d => Path.GetFileName(d)!);

    private static string Fixtures { get; } = Fixture.Model("");

    public static IEnumerable<TheoryDataRow<string, int>> OnTheCpu() =>
        Names.SelectMany(n => CpuDevice.VectorWidths.Select(bits => new TheoryDataRow<string, int>(n, bits)));

    public static IEnumerable<TheoryDataRow<string, string>> OnCuda() => Names.Select(n => new TheoryDataRow<string, string>(n, TestDevices.F32));

    [Theory]
    [MemberData(nameof(OnTheCpu))]
    public void EverySiteIsWithinTheTolerance(string name, int vectorBits)
    {
        using var device = new CpuDevice(threads: 2, vectorBits);
        Verify(name, device);
    }

    [Theory]
    [MemberData(nameof(OnCuda))]
    public void EverySiteIsWithinTheToleranceOnCuda(string name, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        Verify(name, opened);
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
    public void TheComparisonTellsHowFarItIs()
    {
        var told = new Fractions();
        using Model model = Model.Load(Path.Combine(Fixtures, "llama3"));
        ParityReport report = ParityCheck.Run(model, progress: told);
        Assert.Equal(told.Values.Order(), told.Values);
        Assert.Equal(1, told.Values[^1]);
        Assert.True(told.Values.Count > report.Rows.Count);
    }

    [Fact]
    public void ADifferentModelFails()
    {
        using Model model = Model.Load(Path.Combine(Fixtures, "mistral"));
        ParityReport report = ParityCheck.Run(model, Path.Combine(Fixtures, "llama3", "reference.safetensors"));
        Assert.False(report.Passed);
    }

    [Fact]
    public void GreedyTokensPastTheContextAreLeftOut() => WithCopy("llama2", ("max_position_embeddings", 40), (directory, _) =>
    {
        using Model model = Model.Load(directory);
        ParityReport report = ParityCheck.Run(model, Path.Combine(Fixtures, "llama2", "reference.safetensors"));
        Assert.True(report.Passed);
        Assert.Contains("34 of 40", report.Rows.Single(r => r.Reference == "greedy").Site, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public void PaddingBehindTheEndTokenIsNotCompared(int wrong, int different)
    {
        using SafetensorsFile whole = SafetensorsFile.Open(Path.Combine(Fixtures, "llama2", "reference.safetensors"));
        long[] greedy = whole["greedy"].ToInt64();
        long end = greedy[4];
        WithCopy("llama2", ("eos_token_id", (int)end), (directory, path) =>
        {
            greedy.AsSpan(5, 15).Clear();
            greedy[2] += wrong;
            var writer = new SafetensorsWriter();
            writer.Add("input_ids", whole["input_ids"].Shape, whole["input_ids"].ToInt64());
            writer.Add("greedy", whole["greedy"].Shape, greedy);
            writer.Save(path);
            using Model model = Model.Load(directory);
            Assert.Equal(different, ParityCheck.Run(model, path).Rows.Single().Difference);
        });
    }

    private sealed class Fractions : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }

    private static void Verify(string name, IDevice device)
    {
        using Model model = Model.Load(Path.Combine(Fixtures, name), new LoadOptions { Device = device });
        ParityReport report = ParityCheck.Run(model);
        Assert.All(report.Rows, row => Assert.True(row.Passed, $"{row.Reference} ({row.Site}) is off by {row.Difference:G3}, more than {row.Tolerance:G3}"));
        int layers = model.Spec.Layers;
        Assert.True(report.Rows.Count >= 3 + (5 * layers), $"only {report.Rows.Count} tensors were compared");
        Assert.All(report.Skipped, s => Assert.Equal("belongs to training", s.Reason));
    }

    private static void WithCopy(string name, (string Key, int Value) setting, Action<string, string> test)
    {
        string directory = Directory.CreateTempSubdirectory("weir-parity").FullName;
        try
        {
            File.Copy(Path.Combine(Fixtures, name, "model.safetensors"), Path.Combine(directory, "model.safetensors"));
            JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures, name, "config.json")))!.AsObject();
            config[setting.Key] = setting.Value;
            File.WriteAllText(Path.Combine(directory, "config.json"), config.ToJsonString());
            test(directory, Path.Combine(directory, "reference.safetensors"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
