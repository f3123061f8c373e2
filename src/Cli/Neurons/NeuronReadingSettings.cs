using System.CommandLine;
using Weir.Analysis.Neurons;
using Weir.Cli.Options;
using Weir.Engine.Lens;
using Weir.Engine.Weights;

namespace Weir.Cli.Neurons;

/// <summary>The options that say how neurons' vectors are decoded.</summary>
internal sealed class NeuronReadingSettings
{
    private readonly ChoiceSetting _matrix = new("--matrix", "whose vectors: rows of the up or the gate projection, which neurons read by, or columns of the down projection, which they write", "up", "gate", "down");
    private readonly ChoiceSetting _norm = new("--norm", "in front of the unembedding: nothing, the length of a normed state, or the full final norm with its gain", "none", "scale", "full");
    private readonly FlagSetting _gain = new("--gain", "multiply rows by the gain of the norm in front of the MLP");
    private readonly ChoiceSetting _basis = new("--basis", "rows that stand for the tokens; early layers are nearer to the embedding", "unembedding", "embedding");

    /// <summary>All of them.</summary>
    public Option[] All => [_matrix, _norm, _gain, _basis];

    /// <summary>Their values.</summary>
    public NeuronReading Get(ParseResult arguments)
    {
        var reading = new NeuronReading
        {
            Matrix = (MlpMatrix)_matrix.Get(arguments),
            Norm = (NeuronNorm)_norm.Get(arguments),
            InputGain = _gain.Get(arguments),
            Basis = (LensBasis)_basis.Get(arguments),
        };
        if (reading.Matrix == MlpMatrix.Down)
        {
            UnusedOptions.Refuse(arguments, "does not go with --matrix down: the gain stands in front of gate and up", _gain);
        }

        return reading;
    }
}
