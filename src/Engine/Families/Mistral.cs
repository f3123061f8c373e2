namespace Weir.Engine.Families;

/// <summary>Mistral: Llama without biases, with a sliding window on every layer where the configuration has one.</summary>
internal sealed class Mistral : LlamaStyle
{
    public override string ModelType => "mistral";

    public override IReadOnlyList<string> Architectures => ["MistralForCausalLM", "MistralModel"];

    public override bool BeginsTexts => true;

    protected override LlamaDefaults Defaults { get; } = new()
    {
        Vocabulary = 32000,
        Width = 4096,
        Inner = 14336,
        Layers = 32,
        Heads = 32,
        KeyValueHeads = 8,
        Context = 131072,
        BeginToken = 1,
        EndToken = 2,
    };

    protected override IReadOnlyList<int> ReadWindows(ConfigReader config, int layers)
    {
        // transformers' Mistral does not look at layer_types; a list that says otherwise is another model.
        int? window = Windows.Size(config, 4096);
        IReadOnlyList<int> windows = Windows.Read(config, layers, window, _ => true);
        return (windows.Count == 0) == (window is null) && !windows.Contains(0)
            ? windows
            : throw config.Unsupported("layer_types", "has layers without the window");
    }

    protected override (bool QueryKeyValue, bool Output, bool Mlp) ReadBiases(ConfigReader config) => default;
}
