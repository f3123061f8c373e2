using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Weir.Engine.Checkpoints;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

[assembly: CollectionBehavior(DisableTestParallelization = true)] // Models share fixtures and devices have threads.

namespace Weir.Engine.Tests;

/// <summary>The tiny models of tests/fixtures, loaded once for all tests.</summary>
internal static class Fixture
{
    /// <summary>One model of each family, and both forms of NeoX and OPT.</summary>
    public static readonly string[] Names =
        ["gpt2", "pythia", "neox-serial", "opt", "opt-postnorm", "llama2", "llama3", "mistral", "qwen2", "qwen3", "gemma2", "olmo2"];

    private static readonly ConcurrentDictionary<string, IDevice> Devices = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<(string Name, string Device), Model> Models = [];

    public static string Location(string name) => Path.Combine(RepositoryRoot.Path, "tests", "fixtures", "models", name);

    public static Model Model(string name, string device = TestDevices.Cpu) =>
        Models.GetOrAdd((name, device), k => Engine.Model.Load(Location(k.Name), new LoadOptions { Device = Device(k.Device) }));

    /// <summary>A device, opened once for all tests.</summary>
    public static IDevice Device(string name) => Devices.GetOrAdd(name, n => TestDevices.Open(n));

    public static int[][] Prompts(string name)
    {
        using SafetensorsFile reference = SafetensorsFile.Open(Path.Combine(Location(name), "reference.safetensors"));
        TensorView ids = reference["input_ids"];
        int length = (int)ids.Shape[1];
        return [.. ids.ToInt64().Select(i => (int)i).Chunk(length)];
    }

    public static int[][] PromptsOf(Model model) => Prompts(Path.GetFileName(model.Location));

    public static float[] Read(Model model, Tensor tensor)
    {
        return model.Device.Read<float>(tensor);
    }

    public static float[] Logits(Model model, int[][] sequences, HookSet? hooks = null)
    {
        using ForwardResult run = model.Forward(sequences, hooks);
        return Read(model, run.Logits);
    }

    public static float[] Captured(Model model, int[][] sequences, Site site, HookSet? hooks = null)
    {
        using ForwardResult run = model.Forward(sequences, (hooks ?? new HookSet()).Capture(site));
        return Read(model, run[site]);
    }

    /// <summary>The unembedding [vocabulary, inputs], through the op that reads rows of it.</summary>
    public static float[] HeadRows(Model model)
    {
        WeightMatrix head = model.Weights.Head.Matrix;
        using var arena = new Arena(model.Device);
        Tensor rows = arena.Allocate(new Shape(head.Outputs, head.Inputs));
        model.Device.Ops.Embed(arena.Upload<int>([.. Enumerable.Range(0, head.Outputs)]), head, 1, rows);
        return Read(model, rows);
    }

    /// <summary>Changes every element of a live value, as a tap that runs on any device would.</summary>
    public static void Change(TapContext tap, Func<float, float> change)
    {
        float[] row = new float[tap.Value.Width];
        for (int i = 0; i < tap.Value.Rows; i++)
        {
            Tensor live = tap.Value.RowRange(i, 1);
            tap.Device.Read(live, MemoryMarshal.AsBytes(row.AsSpan()));
            tap.Device.Write(live, MemoryMarshal.AsBytes<float>(row.Select(change).ToArray()));
        }
    }

    public static void SameBits(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                Assert.Fail($"{what}: element {i} is {actual[i]:R}, not {expected[i]:R}.");
            }
        }
    }
}
