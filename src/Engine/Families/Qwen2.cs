namespace Weir.Engine.Families;

/// <summary>Qwen 2 and 2.5: Llama with biases on q, k, v only, and windows on the upper layers where a flag asks for them.</summary>
internal sealed class Qwen2 : LlamaStyle
{
    public override string ModelType => "qwen2";

    public override IReadOnlyList<string> Architectures => ["Qwen2ForCausalLM", "Qwen2Model"];

    public override IReadOnlyList<string> RefusedKeys => ["use_mrope"];

    protected override LlamaDefaults Defaults { get; } = new()
    {
        Vocabulary = 151936,
        Width = 4096,
        Inner = 22016,
        Layers = 32,
        Heads = 32,
        KeyValueHeads = 32,
        Context = 32768,
    };

    /// <summary>The windows of Qwen 2 and 3: layers from max_window_layers on, and only where use_sliding_window is true.</summary>
    public static IReadOnlyList<int> UpperWindows(ConfigReader config, int layers)
    {
        int? window = config.Flag("use_sliding_window", false) ? Windows.Size(config, 4096) : null;
        int first = config.Count("max_window_layers", 28, Limits.Layers);
        return Windows.Read(config, layers, window, l => l >= first);
    }

    protected override IReadOnlyList<int> ReadWindows(ConfigReader config, int layers) => UpperWindows(config, layers);

    protected override (bool QueryKeyValue, bool Output, bool Mlp) ReadBiases(ConfigReader config) =>
        (config.Flag("qkv_bias", true), false, false);
}
