namespace Weir.Analysis.Neurons;

/// <summary>Where a neuron u, gate, a = act(gate) u is held at a value.</summary>
public enum ClampSite
{
    /// <summary>u, what the up projection reads. The effect is act(gate) times the value: none or the opposite where the gate is closed.</summary>
    Up,

    /// <summary>The gate before its activation.</summary>
    Gate,

    /// <summary>a, what the down projection is multiplied by.</summary>
    Product,
}
