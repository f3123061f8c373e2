namespace Weir.Analysis.Neurons;

/// <summary>How a neuron is held.</summary>
public sealed record NeuronClampOptions
{
    /// <summary>Its block.</summary>
    public required int Layer { get; init; }

    /// <summary>Its number there.</summary>
    public required int Index { get; init; }

    /// <summary>Which of its values.</summary>
    public ClampSite Site { get; init; } = ClampSite.Up;

    /// <summary>The values, or factors of the neuron's largest activation.</summary>
    public IReadOnlyList<float> Values { get; init; } = [0, 0.5f, -0.5f, 1, -1, 2, -2, 4, -4, 8, -8];

    /// <summary>True: values count in the largest absolute value that the site has over a corpus.</summary>
    public bool Multiples { get; init; } = true;

    /// <summary>True leaves the prompt alone but for its last token, whose output is the first that is generated.</summary>
    public bool GeneratedOnly { get; init; }

    /// <summary>Positions that are held.</summary>
    public Range Positions => GeneratedOnly ? ^1.. : Range.All;
}
