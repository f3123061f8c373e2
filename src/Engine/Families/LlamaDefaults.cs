namespace Weir.Engine.Families;

/// <summary>What transformers' configuration class of a family fills in where config.json is silent.</summary>
internal sealed record LlamaDefaults
{
    public required int Vocabulary { get; init; }
    public required int Width { get; init; }
    public required int Inner { get; init; }
    public required int Layers { get; init; }
    public required int Heads { get; init; }

    /// <summary>Null for as many as heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Null for width / heads.</summary>
    public int? HeadSize { get; init; }

    public required int Context { get; init; }
    public double Epsilon { get; init; } = 1e-6;
    public string Activation { get; init; } = "silu";
    public bool Tied { get; init; }
    public int? BeginToken { get; init; }
    public int? EndToken { get; init; }
}
