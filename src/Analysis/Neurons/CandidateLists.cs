namespace Weir.Analysis.Neurons;

/// <summary>For each token the neurons with the largest values so far, largest first, the earlier one first where equal.</summary>
internal sealed class CandidateLists
{
    private readonly double[] _values;

    /// <summary>Makes empty lists.</summary>
    public CandidateLists(int tokens, int length)
    {
        Length = length;
        Neurons = new int[checked(tokens * length)];
        _values = new double[Neurons.Length];
        Array.Fill(Neurons, -1);
        Array.Fill(_values, double.NegativeInfinity);
    }

    /// <summary>Neurons of a token.</summary>
    public int Length { get; }

    /// <summary>[tokens, length]; -1 where a list is not full.</summary>
    public int[] Neurons { get; }

    /// <summary>Takes a neuron in where it is large enough; neurons come in ascending order.</summary>
    public void Add(int token, int neuron, double value)
    {
        int end = ((token + 1) * Length) - 1;
        if (value <= _values[end])
        {
            return;
        }

        int at = end;
        for (; at > token * Length && _values[at - 1] < value; at--)
        {
            _values[at] = _values[at - 1];
            Neurons[at] = Neurons[at - 1];
        }

        _values[at] = value;
        Neurons[at] = neuron;
    }
}
