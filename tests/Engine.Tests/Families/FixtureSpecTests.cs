using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Engine.Checkpoints;
using Weir.Engine.Families;
using Weir.Engine.Tests.Checkpoints;
using Weir.Kernels;
using Weir.Kernels.Ops;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Families;

/// <summary>Every fixture gives the model it was made as, in both forms of its configuration.</summary>
public sealed class FixtureSpecTests
{
    public static TheoryData<string> Names => [.. Expected.Keys];

    private static Dictionary<string, ModelSpec> Expected { get; } = Build();

    [Theory]
    [MemberData(nameof(Names))]
    public void TheFixtureGivesTheExpectedModel(string name)
    {
        using Checkpoint five = Checkpoint.Open(Model(name));
        Assert.Equal(Json(Expected[name]), Json(five.Spec with { Warnings = [] }));
        Assert.Equal(five.Spec.Layers, five.Source.Blocks.Count);
        Assert.True(five.WeightBytes > 0);
        using Checkpoint four = Checkpoint.Open(Copy(name, hub: true));
        Assert.Equal(Json(five.Spec), Json(four.Spec));
        Assert.Equal(Json(five.Source), Json(four.Source));
        Assert.NotEqual(five.Hash, four.Hash);
    }

    [Theory]
    [InlineData("gpt2-hubnames", "gpt2", "transformer.")]
    [InlineData("pythia-hubnames", "pythia", "")]
    public void OldTensorNamesGiveTheSameModel(string old, string name, string prefix)
    {
        using Checkpoint expected = Checkpoint.Open(Model(name));
        using Checkpoint actual = Checkpoint.Open(Model(old));
        Assert.Equal(Json(expected.Spec), Json(actual.Spec));
        string source = Json(expected.Source);
        Assert.Equal(prefix.Length == 0 ? source : source.Replace(prefix, "", StringComparison.Ordinal), Json(actual.Source));
        Assert.Equal(expected.WeightBytes, actual.WeightBytes);
    }

    [Theory]
    [InlineData("gpt2", "transformer.")]
    [InlineData("pythia", "gpt_neox.")]
    [InlineData("llama2", "model.")]
    [InlineData("gemma2", "model.")]
    [InlineData("olmo2", "model.")]
    [InlineData("opt", "model.")]
    [InlineData("opt", "model.decoder.")]
    public void NamesWithoutThePrefixGiveTheSameWeights(string name, string prefix)
    {
        string model = Copy(name);
        EditTensors(Path.Combine(model, "model.safetensors"), tensors =>
        {
            foreach (string old in tensors.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
            {
                tensors.Add(old[prefix.Length..], tensors[old]);
                tensors.Remove(old);
            }
        });
        using Checkpoint expected = Checkpoint.Open(Model(name));
        using Checkpoint actual = Checkpoint.Open(model);
        Assert.Equal(Json(expected.Source).Replace($"\"{prefix}", "\"", StringComparison.Ordinal), Json(actual.Source));
        Assert.Equal(expected.WeightBytes, actual.WeightBytes);
    }

    [Fact]
    public void TheDemoModelOpens()
    {
        using Checkpoint demo = Checkpoint.Open(Demo);
        Assert.Equal((8, 128, 1024), (demo.Spec.Layers, demo.Spec.Width, demo.Spec.VocabularySize));
        Assert.Equal([ElementType.BF16], demo.StoredTypes);
        Assert.True(demo.Spec.TiedHead);
    }

    [Fact]
    public void EveryFixtureHasItsExpectation()
    {
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(Model("manifest.json")))!["models"]!.AsObject();
        Assert.Equal(
            manifest.Select(m => m.Key).Where(k => !k.EndsWith("-hubnames", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            Expected.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TheHashFollowsConfigurationAndLayout()
    {
        string model = Copy("llama2");
        string first = Hash(model);
        Assert.Equal(64, first.Length);
        using (Checkpoint fixture = Checkpoint.Open(Model("llama2")))
            Assert.Equal(fixture.Hash, first);
        File.AppendAllText(Path.Combine(model, "config.json"), "\n");
        string second = Hash(model);
        Assert.NotEqual(first, second);
        EditTensors(Path.Combine(model, "model.safetensors"), t => t.Add("extra", (StoredType.U8, [1], [1])));
        Assert.NotEqual(second, Hash(model));

        static string Hash(string directory)
        {
            using Checkpoint checkpoint = Checkpoint.Open(directory);
            return checkpoint.Hash;
        }
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value);

    private static ModelSpec Gated(string family, int vocabulary, double theta, int layers = 3) => new()
    {
        Family = family,
        Layers = layers,
        Width = 64,
        VocabularySize = vocabulary,
        ContextLength = 128,
        Embedding = new() { Width = 64 },
        Norm = new(NormKind.RmsNorm, 1e-5f),
        Placement = NormPlacement.Pre,
        Attention = new()
        {
            Heads = 4,
            KeyValueHeads = 2,
            HeadSize = 16,
            Scale = 0.25f,
            Rope = RopeScaling.Default(16, theta),
        },
        Mlp = new(136, Activation.Silu, true),
        TiedHead = false,
        BeginToken = 1,
        EndTokens = [2],
    };

    private static ModelSpec Plain(string family, int vocabulary, int layers, int inner, Activation activation, float epsilon) => new()
    {
        Family = family,
        Layers = layers,
        Width = 64,
        VocabularySize = vocabulary,
        ContextLength = 64,
        Embedding = new() { Width = 64 },
        Norm = new(NormKind.LayerNorm, epsilon),
        Placement = NormPlacement.Pre,
        Attention = new() { Heads = 4, KeyValueHeads = 4, HeadSize = 16, Scale = 0.25f },
        Mlp = new(inner, activation, false),
        TiedHead = true,
        EndTokens = [2],
    };

    private static Dictionary<string, ModelSpec> Build()
    {
        ModelSpec opt = Plain("opt", 512, 3, 200, Activation.Relu, 1e-5f) with
        {
            Embedding = new() { Width = 64, PositionRows = 66, PositionOffset = 2 },
            BeginToken = 2,
        };
        ModelSpec neox = Plain("gpt_neox", 480, 3, 192, Activation.GeluErf, 1e-3f) with { TiedHead = false, EndTokens = [0] };
        ModelSpec llama2 = Gated("llama", 500, 10_000);
        ModelSpec qwen2 = Gated("qwen2", 512, 1e6, 4) with
        {
            Norm = new(NormKind.RmsNorm, 1e-6f),
            TiedHead = true,
            BeginToken = null,
            EndTokens = [0],
        };
        ModelSpec gemma2 = Gated("gemma2", 512, 10_000, 4);
        ModelSpec olmo2 = Gated("olmo2", 488, 500_000, 4);
        return new(StringComparer.Ordinal)
        {
            ["gpt2"] = Plain("gpt2", 509, 3, 256, Activation.GeluTanh, 1e-3f) with
            {
                Embedding = new() { Width = 64, PositionRows = 64 },
                EndTokens = [508],
            },
            ["pythia"] = neox with
            {
                Layers = 4,
                VocabularySize = 512,
                Norm = new(NormKind.LayerNorm, 1e-5f),
                ParallelResidual = true,
                Attention = neox.Attention with { Rope = RopeScaling.Default(4, 10_000) },
                Mlp = neox.Mlp with { Width = 256 },
            },
            ["neox-serial"] = neox with { Attention = neox.Attention with { Rope = RopeScaling.Default(8, 10_000) } },
            ["llama2"] = llama2 with { Norm = new(NormKind.RmsNorm, 1e-3f) },
            ["llama3"] = llama2 with
            {
                VocabularySize = 512,
                ContextLength = 512,
                Attention = llama2.Attention with { Rope = RopeScaling.Llama3(16, 5000, 8, 1, 4, 64) },
            },
            ["mistral"] = Gated("mistral", 512, 10_000) with
            {
                Attention = llama2.Attention with { Windows = [8, 8, 8] },
            },
            ["qwen2"] = qwen2,
            ["qwen3"] = qwen2 with
            {
                Family = "qwen3",
                Layers = 3,
                VocabularySize = 504,
                Attention = qwen2.Attention with
                {
                    HeadSize = 24,
                    Scale = (float)(1 / Math.Sqrt(24)),
                    QueryKeyNorm = QueryKeyNorm.PerHead,
                    Rope = RopeScaling.Default(24, 1e6),
                },
            },
            ["opt"] = opt,
            ["opt-postnorm"] = opt with
            {
                Embedding = opt.Embedding with { Width = 48 },
                Placement = NormPlacement.AfterResidual,
                Mlp = opt.Mlp with { Width = 256 },
                FinalNorm = false,
            },
            ["gemma2"] = gemma2 with
            {
                Embedding = new() { Width = 64, Scale = 8 },
                Norm = new(NormKind.RmsNorm, 1e-3f, 1),
                Placement = NormPlacement.Sandwich,
                Attention = gemma2.Attention with
                {
                    HeadSize = 24,
                    Scale = (float)(1 / Math.Sqrt(20)),
                    Softcap = 4,
                    Windows = [8, 0, 8, 0],
                    Rope = RopeScaling.Default(24, 10_000),
                },
                Mlp = new(88, Activation.GeluTanh, true),
                TiedHead = true,
                FinalSoftcap = 6,
                BeginToken = 2,
                EndTokens = [1],
            },
            ["olmo2"] = olmo2 with
            {
                Width = 60,
                ContextLength = 96,
                Embedding = new() { Width = 60 },
                Norm = new(NormKind.RmsNorm, 1e-3f),
                Placement = NormPlacement.SublayerOutput,
                Attention = olmo2.Attention with
                {
                    Heads = 6,
                    KeyValueHeads = 3,
                    HeadSize = 10,
                    Scale = (float)(1 / Math.Sqrt(10)),
                    QueryKeyNorm = QueryKeyNorm.WholeProjection,
                    Rope = RopeScaling.Default(10, 500_000),
                },
                Mlp = olmo2.Mlp with { Width = 100 },
                BeginToken = null,
                EndTokens = [486],
            },
        };
    }
}
