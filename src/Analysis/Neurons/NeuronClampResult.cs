namespace Weir.Analysis.Neurons;

/// <summary>A neuron held at values.</summary>
/// <param name="Options">How.</param>
/// <param name="Largest">The largest absolute value that the site has over the corpus.</param>
/// <param name="Values">The values put there, each once.</param>
/// <param name="Gates">act(gate) at each prompt's last token; empty where the MLP has no gate.</param>
/// <param name="ClosedShare">Share of the held positions at which act(gate) is 0 or below.</param>
/// <param name="Rows">Prompt by prompt, the unchanged model first.</param>
public sealed record NeuronClampResult(
    NeuronClampOptions Options, double Largest, float[] Values, double[] Gates, double ClosedShare, IReadOnlyList<NeuronClampRow> Rows)
{
    /// <summary>
    /// A sentence for the user where a clamp of up cannot do what it says, since the gate that multiplies it is closed; or null.
    /// </summary>
    public string? Warning => Options.Site == ClampSite.Up && ClosedShare > 0
        ? FormattableString.Invariant($"act(gate) of {Options.Layer}.{Options.Index} is 0 or below at {100 * ClosedShare:F0} % of the held positions, where a clamp of up does nothing or the opposite; clamp the product")
        : null;
}
