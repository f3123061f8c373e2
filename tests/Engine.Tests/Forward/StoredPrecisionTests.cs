using Weir.Engine.Checkpoints;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Tests.Checkpoints;
using Weir.Kernels;

namespace Weir.Engine.Tests.Forward;

/// <summary>
/// Where products are taken in the type of 16-bit weights, a model is off by at most twice what it takes to round each
/// product's operand to that type. That is measured with the same weights on the CPU, which computes in f32: once as it
/// is, and once with taps that round in front of every product.
/// </summary>
public sealed class StoredPrecisionTests
{
    private static readonly SitePoint[] Operands =
    [
        SitePoint.Ln1Normalized, SitePoint.Query, SitePoint.Key, SitePoint.RotatedQuery, SitePoint.RotatedKey, SitePoint.Value, SitePoint.Pattern,
        SitePoint.Z, SitePoint.Ln2Normalized, SitePoint.MlpPost, SitePoint.LnFinalNormalized,
    ];

    public static IEnumerable<TheoryDataRow<string, ElementType, string>> Cases() =>
    [
        .. from device in (string[])[.. TestDevices.Stored, TestDevices.Fast]
           from c in ((string Name, ElementType Type)[])[("qwen2", ElementType.BF16), ("pythia", ElementType.F16)]
           select new TheoryDataRow<string, ElementType, string>(c.Name, c.Type, device),
        .. from c in ((string Name, ElementType Type)[])[("gpt2", ElementType.F16), ("llama3", ElementType.BF16), ("gemma2", ElementType.BF16), ("qwen3", ElementType.F16)]
           select new TheoryDataRow<string, ElementType, string>(c.Name, c.Type, TestDevices.Stored[0]),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void ErrorsAreThoseOfRoundedOperands(string name, ElementType type, string device)
    {
        string directory = Stored(name, type);
        using Model exact = Model.Load(directory, new LoadOptions { Device = Fixture.Device(TestDevices.Cpu), WeightType = type });
        using Model stored = Model.Load(directory, new LoadOptions { Device = Fixture.Device(device), WeightType = type });
        int[][] prompts = Fixture.Prompts(name);
        var rounding = new HookSet();
        foreach (SitePoint point in Operands.Where(p => SiteCatalog.Info(p).Missing(exact.Spec) is null && !IsRotatedLater(exact.Spec.Attention.Rope is not null, p)))
        {
            rounding.Tap(SiteCatalog.Info(point).HasLayer ? new Site(point, Site.EveryLayer) : new Site(point, 0), tap => Fixture.Change(tap, x => Round(x, type)));
        }

        Dictionary<string, float[]> expected = Run(exact, prompts, new HookSet());
        Dictionary<string, float[]> rounded = Run(exact, prompts, rounding);
        Dictionary<string, float[]> ours = Run(stored, prompts, new HookSet());
        foreach (string site in expected.Keys)
        {
            double error = Largest(expected[site], ours[site]);
            double ofRounding = Largest(expected[site], rounded[site]);
            TestContext.Current.TestOutputHelper?.WriteLine($"{site}: {error:G3}, of rounding {ofRounding:G3}");
            Assert.True(error <= 2 * ofRounding, $"{site} of {name} is off by {error:G3}, where rounding gives {ofRounding:G3}.");
            Assert.True(error > ofRounding / 10, $"{site} of {name} is off by {error:G3} only: it was not computed in {type}.");
        }
    }

    // Before its rotation a value is no product's operand.
    private static bool IsRotatedLater(bool rotates, SitePoint point) => rotates && point is SitePoint.Query or SitePoint.Key;

    private static Dictionary<string, float[]> Run(Model model, int[][] prompts, HookSet hooks)
    {
        using ForwardResult run = model.Forward(prompts, hooks.Capture(Site.ResidualPost.AllLayers).Capture(Site.Logits));
        return run.Sites.ToDictionary(s => s.Name, s => Fixture.Read(model, run[s]), StringComparer.Ordinal);
    }

    private static double Largest(float[] expected, float[] actual) => expected.Zip(actual).Max(p => Math.Abs((double)p.First - p.Second));

    // Nearest, ties to even.
    private static float Round(float x, ElementType type)
    {
        if (type == ElementType.F16)
        {
            return (float)(Half)x;
        }

        uint bits = BitConverter.SingleToUInt32Bits(x);
        return BitConverter.UInt32BitsToSingle((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
    }

    // A fixture with every weight in this type.
    private static string Stored(string name, ElementType type)
    {
        string directory = CheckpointFixtures.Temporary();
        File.Copy(Path.Combine(Fixture.Location(name), "config.json"), Path.Combine(directory, "config.json"));
        var writer = new SafetensorsWriter();
        foreach (string file in Directory.GetFiles(Fixture.Location(name), "model*.safetensors"))
        {
            using SafetensorsFile source = SafetensorsFile.Open(file);
            foreach (TensorView tensor in source.Tensors.Where(t => t.Type.WeightType() is not null))
            {
                writer.Add(tensor.Name, tensor.Shape.ToArray(), tensor.ToFloat32(), type == ElementType.F16 ? StoredType.F16 : StoredType.BF16);
            }
        }

        writer.Save(Path.Combine(directory, "model.safetensors"));
        return directory;
    }
}
