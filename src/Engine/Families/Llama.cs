namespace Weir.Engine.Families;

/// <summary>Llama 2 and 3, and what is distributed under their architecture.</summary>
internal sealed class Llama : LlamaStyle
{
    public override string ModelType => "llama";

    public override IReadOnlyList<string> Architectures => ["LlamaForCausalLM", "LlamaModel", "LLaMAForCausalLM"];

    public override bool BeginsTexts => true;

    protected override LlamaDefaults Defaults { get; } = new()
    {
        Vocabulary = 32000,
        Width = 4096,
        Inner = 11008,
        Layers = 32,
        Heads = 32,
        Context = 2048,
        BeginToken = 1,
        EndToken = 2,
    };

    protected override (bool QueryKeyValue, bool Output, bool Mlp) ReadBiases(ConfigReader config)
    {
        bool attention = config.Flag("attention_bias", false);
        return (attention, attention, config.Flag("mlp_bias", false));
    }
}
