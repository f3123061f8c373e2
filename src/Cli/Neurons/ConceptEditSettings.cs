using System.CommandLine;
using Weir.Analysis.Neurons;
using Weir.Cli.Options;
using Weir.Engine.Families;
using Weir.Engine.Weights;

namespace Weir.Cli.Neurons;

/// <summary>The options that say how a concept's vector is looked for, and which vectors are turned round.</summary>
internal sealed class ConceptEditSettings
{
    private static readonly MlpMatrix[][] Choices = [[MlpMatrix.Gate, MlpMatrix.Up], [MlpMatrix.Gate, MlpMatrix.Up, MlpMatrix.Down], [MlpMatrix.Down]];

    private readonly IntegerSetting _layer = new("--layer", "L", "block behind which v0 is read", -1, 0, defaultText: "of the last quarter the one that gives the concept most");
    private readonly ChoiceSetting _norm = new("--norm", "between a vector and the unembedding while it is looked for", "full", "scale", "none");
    private readonly RealSetting _noise = new("--noise", "S", "standard deviation of the noise, in |v0| / sqrt(d)", 0.1f, "a number of at least 0", s => s >= 0);
    private readonly IntegerSetting _candidates = new("--candidates", "N", "vectors tried in a round", 4096, 1);
    private readonly IntegerSetting _rounds = new("--rounds", "N", "most rounds", 10, 0);
    private readonly RealSetting _enough = new("--enough", "P", "probability of the concept at which its vector is good enough", 0.9f, "a number above 0 and at most 1", p => p is > 0 and <= 1);
    private readonly ChoiceSetting _matrices = new("--matrices", "vectors that may be turned round", "gate+up", "gate+up+down", "down");
    private readonly RealSetting _threshold = new("--threshold", "COS", "turn every vector above this cosine round, the largest first, instead of one by one until --stop", 1, "a number above -1 and below 1", c => c is > -1 and < 1, "none");
    private readonly RealSetting _stop = new("--stop", "P", "one by one: probability of the concept at which to stop", 0.005f, "a number from 0 to 1", p => p is >= 0 and <= 1);
    private readonly IntegerSetting _most = new("--most", "N", "one by one: most vectors", 32, 1);

    /// <summary>Those of the vector.</summary>
    public Option[] OfVector => [_layer, _norm, _noise, _candidates, _rounds, _enough];

    /// <summary>Those of the edits.</summary>
    public Option[] OfEdits => [_matrices, _threshold, _stop, _most];

    /// <summary>How the vector is looked for.</summary>
    public ConceptVectorOptions Vector(ParseResult a, int seed)
    {
        if (_rounds.Get(a) == 0)
        {
            UnusedOptions.Refuse(a, "belongs to the rounds, of which --rounds leaves none", _noise, _candidates, _enough);
        }

        return new ConceptVectorOptions
        {
            Norm = (NeuronNorm)(2 - _norm.Get(a)),
            Layer = UnusedOptions.IsGiven(a, _layer) ? _layer.Get(a) : null,
            Noise = _noise.Get(a),
            Candidates = _candidates.Get(a),
            MostRounds = _rounds.Get(a),
            Enough = _enough.Get(a),
            Seed = seed,
        };
    }

    /// <summary>Which vectors are turned round.</summary>
    public ConceptEditOptions Edits(ParseResult a)
    {
        double? threshold = null;
        if (UnusedOptions.IsGiven(a, _threshold))
        {
            UnusedOptions.Refuse(a, "is for turning vectors one by one; with --threshold all above it are turned", _stop, _most);
            threshold = _threshold.Get(a);
        }

        return new ConceptEditOptions { Threshold = threshold, Enough = _stop.Get(a), Most = _most.Get(a) };
    }

    /// <summary>Of which matrices, in any model.</summary>
    public Func<ModelSpec, MlpMatrix[]> Matrices(ParseResult a)
    {
        MlpMatrix[] chosen = Choices[_matrices.Get(a)];
        return spec => [.. chosen.Where(m => m != MlpMatrix.Gate || spec.Mlp.Gated)];
    }
}
