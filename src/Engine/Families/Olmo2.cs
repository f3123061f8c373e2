namespace Weir.Engine.Families;

/// <summary>OLMo 2: no norm before a sublayer but one after it, and an RMSNorm over all heads of q and of k at once.</summary>
internal sealed class Olmo2 : LlamaStyle
{
    public override string ModelType => "olmo2";

    public override IReadOnlyList<string> Architectures => ["Olmo2ForCausalLM", "Olmo2Model"];

    protected override LlamaDefaults Defaults { get; } = new()
    {
        Vocabulary = 50304,
        Width = 4096,
        Inner = 11008,
        Layers = 32,
        Heads = 32,
        Context = 2048,
        Epsilon = 1e-5,
        EndToken = 50279,
    };

    protected override NormPlacement Placement => NormPlacement.SublayerOutput;

    protected override QueryKeyNorm QueryKeyNorm => QueryKeyNorm.WholeProjection;
}
