namespace Weir.Kernels.Ops;

/// <summary>The nonlinearity of an MLP.</summary>
public enum Activation
{
    /// <summary>x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): GPT-2's gelu_new, Gemma's gelu_pytorch_tanh.</summary>
    GeluTanh,

    /// <summary>x/2 (1 + erf(x / sqrt 2)): the exact gelu of GPT-NeoX.</summary>
    GeluErf,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x / (1 + exp(-x)), also called swish.</summary>
    Silu,
}
