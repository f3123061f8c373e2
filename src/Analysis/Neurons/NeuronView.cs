using Weir.Engine;

namespace Weir.Analysis.Neurons;

/// <summary>One neuron's vector decoded.</summary>
/// <param name="Norm">|w|.</param>
/// <param name="LogSumExp">Of its logits under none.</param>
/// <param name="TopIds">Its first tokens.</param>
/// <param name="Products">Their s.</param>
/// <param name="Cosines">Their cosines.</param>
/// <param name="Probability">p of the first token under none.</param>
/// <param name="ScaledProbability">p of the first token under scale.</param>
public sealed record NeuronView(
    float Norm, float LogSumExp, int[] TopIds, float[] Products, float[] Cosines, double Probability, double ScaledProbability)
{
    /// <summary>Decodes a neuron.</summary>
    /// <param name="model">The model.</param>
    /// <param name="reading">How.</param>
    /// <param name="layer">Its block.</param>
    /// <param name="index">Its number there.</param>
    /// <param name="topK">Tokens, at least 1.</param>
    /// <exception cref="Kernels.WeirException">There is no such neuron or matrix.</exception>
    public static NeuronView Read(Model model, NeuronReading reading, int layer, int index, int topK)
    {
        using var reader = new NeuronReader(model, reading);
        NeuronBatch b = reader.Read(reader.Vectors(layer, index, 1), topK, []);
        double P(NeuronNorm norm) => Math.Exp(NeuronMapResult.LogProbability(norm, b.Top.Plain[0], 0, b.Norms[0], b.LogSumExp[(int)norm][0], model.Spec.Width));
        return new NeuronView(b.Norms[0], b.LogSumExp[0][0], b.TopIds, b.Top.Plain, b.Top.Cosines, P(NeuronNorm.None), P(NeuronNorm.Scale));
    }
}
