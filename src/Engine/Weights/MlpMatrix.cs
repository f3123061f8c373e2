namespace Weir.Engine.Weights;

/// <summary>A matrix of an MLP whose vectors live in the residual stream, one a neuron.</summary>
public enum MlpMatrix
{
    /// <summary>Rows of the up projection; of the only input projection where the MLP has no gate.</summary>
    Up,

    /// <summary>Rows of the gate projection.</summary>
    Gate,

    /// <summary>Columns of the down projection: what a neuron writes.</summary>
    Down,
}
