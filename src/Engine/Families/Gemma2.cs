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
        // transformers 5 keeps sqrt(d) in f32 and rounds it to the type that the model runs in, which is f32 here whatever the
        // checkpoint is stored in. (A bf16 run of it multiplies by 59.75 for d = 3584, an f32 run by 59.8665.)
        Embedding = spec.Embedding with { Scale = MathF.Sqrt(spec.Width) },
        Norm = spec.Norm with { GainOffset = 1 },
        Attention = spec.Attention with
        {
            Scale = (float)(1 / Math.Sqrt(config.Positive("query_pre_attn_scalar", 256))),
            Softcap = Cap(config, "attn_logit_softcapping", 50),
        },
        FinalSoftcap = Cap(config, "final_logit_softcapping", 30),
    };

    // A written null means no cap, an absent key the family's.
    private static float Cap(ConfigReader config, string key, double fallback) =>
        config.IsNull(key) ? 0 : (float)config.Positive(key, fallback);
}
