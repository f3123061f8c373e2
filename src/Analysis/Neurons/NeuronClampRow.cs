namespace Weir.Analysis.Neurons;

/// <summary>What a value of a held neuron does behind a prompt.</summary>
/// <param name="Prompt">The prompt's number.</param>
/// <param name="Value">The value as it is put there; null for the model as it is.</param>
/// <param name="Probabilities">Of each token asked about, as the next token.</param>
/// <param name="Ranks">Their ranks; 0 is the most probable.</param>
/// <param name="Divergence">KL(unchanged || held) of the next token, in nats.</param>
public sealed record NeuronClampRow(int Prompt, float? Value, double[] Probabilities, int[] Ranks, double Divergence);
