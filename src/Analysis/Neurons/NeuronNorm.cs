namespace Weir.Analysis.Neurons;

/// <summary>
/// What stands between a weight vector w and the unembedding. None of them changes the token with the largest product but
/// <see cref="Full"/>, whose gain stretches some directions more than others.
/// </summary>
public enum NeuronNorm
{
    /// <summary>W_U w. A vector of length 1 makes an almost flat distribution.</summary>
    None,

    /// <summary>W_U (w sqrt(d) / |w|): the length that an RMS norm without epsilon gives a state.</summary>
    Scale,

    /// <summary>W_U of the final norm of w, its gain and bias included, without epsilon.</summary>
    Full,
}
