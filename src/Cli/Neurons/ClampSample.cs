using Weir.Analysis.Neurons;

namespace Weir.Cli.Neurons;

/// <summary>A text that was continued with a neuron held.</summary>
/// <param name="Site">What was held.</param>
/// <param name="Value">At what; null for the model as it is.</param>
/// <param name="Prompt">The text.</param>
/// <param name="Continuation">What the model added.</param>
internal sealed record ClampSample(ClampSite Site, float? Value, string Prompt, string Continuation);
