using System.Numerics.Tensors;
using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Weights;
using Weir.Kernels;
using Tensor = Weir.Kernels.Tensor;

namespace Weir.Analysis.Recall;

/// <summary>
/// An MLP's output at END as a weighted sum of what heads wrote there, and an intercept that is the same for all prompts of
/// the task (Lv et al. 2024, arXiv 2403.19521; this form is ours): the residual carries each head with weight 1 already, so
/// the weight behind the MLP is 1 + gamma, 0 where it erases a head.
/// </summary>
public static class MlpRegression
{
    /// <summary>Explains an MLP.</summary>
    /// <param name="model">The model.</param>
    /// <param name="states">The prompts' states.</param>
    /// <param name="items">Of each prompt, its item: folds leave whole items out.</param>
    /// <param name="layer">The MLP's block.</param>
    /// <param name="options">How.</param>
    public static MlpRegressionResult Run(Model model, EndStates states, IReadOnlyList<int> items, int layer, MlpRegressionOptions options)
    {
        ModelSpec spec = model.Spec;
        int width = spec.Width, heads = spec.Attention.Heads;

        // Beside its attention, an MLP does not see its own block's heads.
        int last = spec.ParallelResidual ? layer - 1 : layer, first = Math.Max(0, layer - options.Span);
        (int Layer, int Head)[] regressors = [.. from l in Enumerable.Range(first, last - first + 1) from h in Enumerable.Range(0, heads) select (l, h)];
        float[][] x = Regressors(model, states, layer, regressors);
        float[][] y = [.. states.Read(states.Mlp(layer)).Chunk(width)];
        var groups = new ItemResampling(items);
        int[][] finite = [.. groups.Rows.Select(rows => rows.Where(n => TensorPrimitives.IsFiniteAll<float>(x[n]) && TensorPrimitives.IsFiniteAll<float>(y[n])).ToArray())];
        var regression = new VectorRegression(x, y, finite);
        IReadOnlyList<int[]> folds = groups.Folds(options);
        VectorFit[] foldFits = regression.FitWithout(folds, options.Ridge);
        return new MlpRegressionResult(layer, regressors, regression.Fit(options.Ridge), foldFits, regression.HeldOut(folds, foldFits), options.Ridge);
    }

    /// <summary>[rows][(heads + 1) * d]: what each head adds to the residual that an MLP reads, and the rest of it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="states">The rows.</param>
    /// <param name="layer">The MLP's block.</param>
    /// <param name="heads">All heads of some layers, in order.</param>
    public static float[][] Regressors(Model model, EndStates states, int layer, IReadOnlyList<(int Layer, int Head)> heads)
    {
        int width = model.Spec.Width;
        float[][] x = [.. Enumerable.Range(0, states.Count).Select(_ => new float[(heads.Count + 1) * width])];
        int offset = 0;
        foreach (int l in heads.Select(h => h.Layer).Distinct())
        {
            AddHeads(model, states, l, x, offset);
            offset += model.Spec.Attention.Heads * width;
        }

        AddRest(model, states, layer, x, heads.Count);
        return x;
    }

    // What each head adds to the residual, a share of a post-norm's output where there is one.
    private static void AddHeads(Model model, EndStates states, int layer, float[][] x, int offset)
    {
        int width = model.Spec.Width, heads = model.Spec.Attention.Heads;
        using var memory = new Arena(model.Device);
        NormValues? norm = model.Vectors.AttentionPostNorm(layer);
        float[]? scales = null;
        if (norm is not null)
        {
            Tensor scale = memory.Allocate(new Shape(states.Count, 1));
            model.Sublayers.AttentionPostScale(layer, states.AttentionRaw(layer), scale);
            scales = states.Read(scale);
        }

        foreach ((int first, int count) in RowGroups.Of(model.Spec, states.Count, heads))
        {
            memory.Reset();
            Tensor results = memory.Allocate(new Shape(count, heads * width));
            model.Sublayers.HeadResults(layer, states.Z(layer).RowRange(first, count), results);
            float[] values = states.Read(results);
            for (int i = 0; i < count; i++)
            {
                Span<float> own = x[first + i].AsSpan(offset, heads * width);
                values.AsSpan(i * heads * width, heads * width).CopyTo(own);
                for (int h = 0; h < heads && norm is not null; h++)
                {
                    Scale(own.Slice(h * width, width), norm, scales![first + i]);
                }
            }
        }
    }

    private static void Scale(Span<float> head, NormValues norm, float scale)
    {
        float mean = 0;
        foreach (float v in head)
        {
            mean += norm.IsCentered ? v / head.Length : 0;
        }

        for (int i = 0; i < head.Length; i++)
        {
            head[i] = (head[i] - mean) / scale * norm.Gain[i];
        }
    }

    private static void AddRest(Model model, EndStates states, int layer, float[][] x, int regressors)
    {
        int width = model.Spec.Width;
        float[] input = states.Read(states.Input(layer));
        float[] attention = model.Spec.ParallelResidual ? new float[input.Length] : states.Read(states.Attention(layer));
        for (int n = 0; n < x.Length; n++)
        {
            for (int i = 0; i < width; i++)
            {
                double rest = (double)input[(n * width) + i] + attention[(n * width) + i];
                for (int r = 0; r < regressors; r++)
                {
                    rest -= x[n][(r * width) + i];
                }

                x[n][(regressors * width) + i] = (float)rest;
            }
        }
    }
}
