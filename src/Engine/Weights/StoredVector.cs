using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>A vector of weights with its bits as the model stores them.</summary>
/// <param name="Vector">Which.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Bits">The elements.</param>
public sealed record StoredVector(MlpVector Vector, ElementType Type, byte[] Bits)
{
    /// <summary>Its elements as f32.</summary>
    public float[] Values()
    {
        float[] values = new float[Bits.Length / Type.Size()];
        Type.Widen(Bits, values);
        return values;
    }
}
