using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>
/// Takes a concept from a model (TARS, arXiv 2412.10257): MLP vectors along its direction t are turned round,
/// w := -t |w| / |t|, in the model's own memory.
/// </summary>
public static class ConceptEdit
{
    /// <summary>Turns vectors round.</summary>
    /// <param name="model">The model; changed.</param>
    /// <param name="direction">t, [width].</param>
    /// <param name="candidates">See <see cref="DirectionScan"/>.</param>
    /// <param name="prompt">Token ids of the text that makes the model name the concept.</param>
    /// <param name="token">The concept's first token.</param>
    /// <param name="options">How many.</param>
    /// <param name="patch">Takes the changes; its <see cref="VectorPatch.Undo"/> takes them back.</param>
    /// <param name="progress">Told the fraction of the most vectors done.</param>
    /// <exception cref="WeirException">No vector lies above the threshold.</exception>
    public static IReadOnlyList<ConceptEditStep> Run(
        Model model, float[] direction, IReadOnlyList<AlignedVector> candidates, IReadOnlyList<int> prompt, int token, ConceptEditOptions options, VectorPatch patch, IProgress<double>? progress = null)
    {
        double length = Length(direction);
        var steps = new List<ConceptEditStep>();
        AlignedVector[] chosen = [.. candidates.Where(c => options.Threshold is not { } t || c.Cosine > t).Take(options.Threshold is null ? options.Most : int.MaxValue)];
        if (chosen.Length == 0)
        {
            throw new WeirException(FormattableString.Invariant($"No vector's cosine is above {options.Threshold:G4}; the largest is {candidates[0].Cosine:F3}."));
        }

        foreach (AlignedVector v in chosen)
        {
            Turn(model, v, direction, length, patch);
            bool measures = options.Threshold is null || v == chosen[^1];
            double p = measures ? NextToken.Probabilities(model, [prompt], [token])[0] : double.NaN;
            steps.Add(new ConceptEditStep(v, p));
            progress?.Report((double)steps.Count / chosen.Length);
            if (options.Threshold is null && p < options.Enough)
            {
                break;
            }
        }

        return steps;
    }

    /// <summary>
    /// The same with as many vectors drawn at random from the same matrices: what writing -t into the model does where it was
    /// not written for. The model is left as it was.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="direction">t, [width].</param>
    /// <param name="candidates">The vectors to draw from.</param>
    /// <param name="count">How many are turned round.</param>
    /// <param name="prompt">Token ids of the text that makes the model name the concept.</param>
    /// <param name="token">The concept's first token.</param>
    /// <param name="draws">How often.</param>
    /// <param name="seed">Draws them.</param>
    /// <returns>The concept's probability, draw by draw.</returns>
    public static double[] Control(
        Model model, float[] direction, IReadOnlyList<AlignedVector> candidates, int count, IReadOnlyList<int> prompt, int token, int draws = 20, int seed = 0)
    {
        double length = Length(direction);
        var random = new Random(seed);
        double[] probabilities = new double[draws];
        for (int d = 0; d < draws; d++)
        {
            var patch = new VectorPatch(model.Hash);
            var drawn = new HashSet<int>();
            while (drawn.Count < Math.Min(count, candidates.Count))
            {
                int i = random.Next(candidates.Count);
                if (drawn.Add(i))
                {
                    Turn(model, candidates[i], direction, length, patch);
                }
            }

            probabilities[d] = NextToken.Probabilities(model, [prompt], [token])[0];
            patch.Undo(model);
        }

        return probabilities;
    }

    private static double Length(float[] direction) => Math.Sqrt(direction.Sum(x => (double)x * x));

    private static void Turn(Model model, AlignedVector v, float[] direction, double length, VectorPatch patch) =>
        patch.Replace(model, v.Vector, [.. direction.Select(x => (float)(-x * v.Norm / length))]);
}
