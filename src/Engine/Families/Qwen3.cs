namespace Weir.Engine.Families;

/// <summary>Qwen 3: Qwen 2 without biases, with an RMSNorm on each head of q and k, and a head size of its own.</summary>
internal sealed class Qwen3 : LlamaStyle
{
    public override string ModelType => "qwen3";

    public override IReadOnlyList<string> Architectures => ["Qwen3ForCausalLM", "Qwen3Model"];

    protected override LlamaDefaults Defaults { get; } = new()
    {
        Vocabulary = 151936,
        Width = 4096,
        Inner = 22016,
        Layers = 32,
        Heads = 32,
        KeyValueHeads = 32,
        HeadSize = 128,
        Context = 32768,
    };

    protected override QueryKeyNorm QueryKeyNorm => QueryKeyNorm.PerHead;

    protected override IReadOnlyList<int> ReadWindows(ConfigReader config, int layers) => Qwen2.UpperWindows(config, layers);
}
