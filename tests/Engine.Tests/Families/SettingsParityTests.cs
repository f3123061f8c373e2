using System.Text.Json.Nodes;
using Weir.Engine.Families;
using Weir.Kernels.Cpu;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Families;

/// <summary>
/// Settings that no fixture has, put on the fixtures' weights: the first logits of the second prompt's last token are those
/// that transformers 5.12.1 computes in float32 from the same weights and setting.
/// </summary>
public sealed class SettingsParityTests
{
    [Theory]
    [InlineData("""{"scale_attn_by_inverse_layer_idx":true}""", new[] { 1.00414538f, 0.844032288f, -0.330525398f, 1.47291994f, -4.20285559f, 0.490065843f })]
    [InlineData("""{"scale_attn_by_inverse_layer_idx":true,"scale_attn_weights":false}""", new[] { 2.81016135f, 0.683550775f, 1.94440615f, 0.96432054f, -3.69388103f, -1.09429383f })]
    public void ScoresScaledByTheInverseOfTheLayer(string setting, float[] expected) => Same("gpt2", setting, expected);

    [Theory]
    [InlineData("opt", new[] { 0.396738678f, -1.05948687f, -1.20647097f, 0.353434771f, -3.08163023f, 4.80871964f })]
    [InlineData("opt-postnorm", new[] { 0.370648056f, -0.658282816f, -2.48459196f, 2.13226843f, 0.218988851f, -0.476673663f })]
    public void NormsWithoutGainsAndBiases(string name, float[] expected) => Same(
        name, """{"layer_norm_elementwise_affine":false}""", expected, tensor => !tensor.Contains("layer_norm", StringComparison.Ordinal));

    // 0.2 of 16 dimensions are 3, with 2 frequencies, which turn 4.
    [Fact]
    public void AnOddNumberOfRotatedDimensions() => Same(
        "pythia", """{"rope_parameters":{"rope_type":"default","rope_theta":10000.0,"partial_rotary_factor":0.2}}""",
        [-0.617226303f, -6.54307699f, 4.68553591f, 0.0039047501f, -0.254050165f, -1.66836822f]);

    private static void Same(string name, string setting, float[] expected, Func<string, bool>? keep = null)
    {
        string directory = Copy(name);
        EditJson(Path.Combine(directory, "config.json"), config =>
        {
            foreach ((string key, JsonNode? value) in JsonNode.Parse(setting)!.AsObject())
                config[key] = value!.DeepClone();
        });
        if (keep is not null)
        {
            EditTensors(Path.Combine(directory, "model.safetensors"), tensors =>
            {
                foreach (string tensor in tensors.Keys.Where(t => !keep(t)).ToArray())
                    tensors.Remove(tensor);
            });
        }

        using var device = new CpuDevice(threads: 2);
        using Model model = Model.Load(directory, new LoadOptions { Device = device });
        float[] logits = Fixture.Logits(model, [Fixture.Prompts(name)[1]]);
        int last = logits.Length - model.Spec.VocabularySize;
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], logits[last + i], 1e-4f);
    }
}
