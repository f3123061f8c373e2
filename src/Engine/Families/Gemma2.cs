namespace Weir.Engine.Families;

/// <summary>
/// Gemma 2: norms before and after each sublayer with gains of 1 + w, a scaled embedding, capped scores and logits, a
/// scale that is not the head's, and a window on every other layer from the first on.
/// </summary>
internal sealed class Gemma2 : LlamaStyle
{
    public override string ModelType => "gemma2";

    public override IReadOnlyList<string> Architectures => ["Gemma2ForCausalLM", "Gemma2Model"];

    public override bool BeginsTexts => true;

    protected override LlamaDefaults Defaults { get; } = new()
    {
        Vocabulary = 256000,
        Width = 2304,
        Inner = 9216,
        Layers = 26,
        Heads = 8,
        KeyValueHeads = 4,
        HeadSize = 256,
        Context = 8192,
        Activation = "gelu_pytorch_tanh",
        Tied = true,
        BeginToken = 2,
        EndToken = 1,
    };

    protected override NormPlacement Placement => NormPlacement.Sandwich;

    // Old files have hidden_act as well; transformers reads this one only.
    protected override string ActivationKey => "hidden_activation";

    protected override IReadOnlyList<int> ReadWindows(ConfigReader config, int layers) =>
        Windows.Read(config, layers, Windows.Size(config, 4096), l => l % 2 == 0);

    protected override ModelSpec Refine(ModelSpec spec, ConfigReader config) => spec with
    {
        Embedding = spec.Embedding with { Scale = EmbeddingScale(spec.Width, config) },
        Norm = spec.Norm with { GainOffset = 1 },
        Attention = spec.Attention with
        {
            Scale = (float)(1 / Math.Sqrt(config.Positive("query_pre_attn_scalar", 256))),
            Softcap = Cap(config, "attn_logit_softcapping", 50),
        },
        FinalSoftcap = Cap(config, "final_logit_softcapping", 30),
    };

    // transformers 5 keeps sqrt(d) in f32 and rounds it to the embedding's type when it multiplies. It loads a checkpoint
    // in the type that config.json names, so a bf16 checkpoint was trained and is run with the rounded one (sqrt 3072 is
    // 55.4256, and 55.5 in bf16); an f32 one with sqrt(d) in f32.
    private static float EmbeddingScale(int width, ConfigReader config)
    {
        float scale = MathF.Sqrt(width);
        return (config.Text("dtype") ?? config.Text("torch_dtype")) switch
        {
            "bfloat16" or "torch.bfloat16" => RoundToBFloat16(scale),
            "float16" or "torch.float16" => (float)(Half)scale,
            _ => scale,
        };
    }

    private static float RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle(bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000);
    }

    // A written null means no cap, an absent key the family's.
    private static float Cap(ConfigReader config, string key, double fallback) =>
        config.IsNull(key) ? 0 : (float)config.Positive(key, fallback);
}
