using System.Numerics.Tensors;
using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Kernels;
using Tensor = Weir.Kernels.Tensor;

namespace Weir.Analysis.Recall;

/// <summary>What a regression's intercept says: its tokens through the unembedding, and how far it points at answers.</summary>
/// <param name="Tokens">The first tokens.</param>
/// <param name="Products">Their products &lt;b, u&gt;, the mean over the vocabulary taken off.</param>
/// <param name="AnswerProjection">Mean of &lt;b, u_Y - u_bar&gt; over the task's answers.</param>
/// <param name="AnswerRank">Median rank of the task's answers among all tokens, 0 the first.</param>
public sealed record Intercept(IReadOnlyList<int> Tokens, IReadOnlyList<double> Products, double AnswerProjection, double AnswerRank)
{
    /// <summary>Decodes a vector.</summary>
    /// <param name="model">The model.</param>
    /// <param name="vector">[d]: b.</param>
    /// <param name="unembedding">The model's unembedding.</param>
    /// <param name="answers">The task's answers.</param>
    /// <param name="norm">The norm in front of the unembedding.</param>
    /// <param name="count">Tokens to name.</param>
    public static Intercept Read(Model model, float[] vector, Unembedding unembedding, IReadOnlyList<int> answers, LensNorm norm = LensNorm.None, int count = 10)
    {
        int[] ids = [.. answers.Distinct()];
        using var memory = new Arena(model.Device);
        Tensor row = memory.Upload<float>(vector, new Shape(1, vector.Length));
        LensResult lens = LensReader.Read(model, [row], new LensOptions
        {
            Norm = norm,
            TopK = Math.Min(count, model.Spec.VocabularySize),
            Entropy = false,
            Softcap = false,
            Targets = [ids],
        });
        double[] Along(int[] tokens) => [.. unembedding.Centred(tokens).Rows.Chunk(vector.Length).Select(u => (double)TensorPrimitives.Dot(u, vector))];
        int[] ranks = [.. lens.TargetRanks.Order()];
        return new Intercept(lens.TopIds, Along(lens.TopIds), Along(ids).Average(), (ranks[(ranks.Length - 1) / 2] + ranks[ranks.Length / 2]) / 2.0);
    }
}
