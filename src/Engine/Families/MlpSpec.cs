using Weir.Kernels.Ops;

namespace Weir.Engine.Families;

/// <summary>The MLP of every block: down(act(up x)), or down(act(gate x) * up x) where gated.</summary>
/// <param name="Width">Inner width, the number of neurons.</param>
/// <param name="Activation">The nonlinearity.</param>
/// <param name="Gated">True where a gate projection multiplies.</param>
public sealed record MlpSpec(int Width, Activation Activation, bool Gated);
