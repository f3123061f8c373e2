namespace Weir.Engine.Families;

/// <summary>The attention of every block.</summary>
public sealed record AttentionSpec
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; query head h reads head h / (Heads / KeyValueHeads).</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Size of one head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Factor on q . k before the cap and the softmax.</summary>
    public required float Scale { get; init; }

    /// <summary>True where layer l scales by Scale / (l + 1), counted from 0 (GPT-2's scale_attn_by_inverse_layer_idx).</summary>
    public bool InverseLayerScale { get; init; }

    /// <summary>Cap c of the scores, c tanh(x / c), before the mask; 0 for none.</summary>
    public float Softcap { get; init; }

    /// <summary>Per layer: number of keys a query sees, itself included; 0 for all. Empty where no layer has a window.</summary>
    public IReadOnlyList<int> Windows { get; init; } = [];

    /// <summary>The norm on q and k before the rotation.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; }

    /// <summary>The rotary position embedding, or null where there is none.</summary>
    public RopeSpec? Rope { get; init; }

    /// <summary>Width of all query heads together.</summary>
    public int QueryWidth => Heads * HeadSize;

    /// <summary>Width of all key heads together.</summary>
    public int KeyWidth => KeyValueHeads * HeadSize;

    /// <summary>Factor on q . k of a layer.</summary>
    public float LayerScale(int layer) => InverseLayerScale ? Scale / (layer + 1) : Scale;

    /// <summary>Window of a layer; 0 for none.</summary>
    public int Window(int layer) => Windows.Count == 0 ? 0 : Windows[layer];
}
