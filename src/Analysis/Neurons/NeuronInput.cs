namespace Weir.Analysis.Neurons;

/// <summary>A place in a text at which a neuron is strong.</summary>
/// <param name="Text">The text's number.</param>
/// <param name="Position">The token.</param>
/// <param name="Value">a = act(gate) u there.</param>
public sealed record NeuronInput(int Text, int Position, double Value);
