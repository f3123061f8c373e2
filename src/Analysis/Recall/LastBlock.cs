using System.Numerics.Tensors;
using Weir.Engine;
using Weir.Engine.Families;
using Weir.Kernels;
using Weir.Kernels.Ops;
using Tensor = Weir.Kernels.Tensor;

namespace Weir.Analysis.Recall;

/// <summary>
/// The last block again, on states that reached it, with a mitigation. Nothing behind it mixes positions, so a row is all
/// that is needed, and the model itself is not changed.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="meanDirection">[d]: the direction of <see cref="Mitigation.Unigram"/>.</param>
public sealed class LastBlock(Model model, float[] meanDirection)
{
    private readonly int _layer = model.Spec.Layers - 1;

    /// <summary>The residual behind the block.</summary>
    /// <param name="states">The states.</param>
    /// <param name="mitigation">What is changed.</param>
    /// <param name="lambda">How much, from 0, nothing, to 1.</param>
    /// <param name="heads">The heads that hold answers down, for <see cref="Mitigation.Heads"/>.</param>
    /// <param name="fit">The MLP's regression, for <see cref="Mitigation.Regression"/>.</param>
    /// <param name="memory">Holds the result.</param>
    public Tensor Run(EndStates states, Mitigation mitigation, float lambda, IReadOnlyList<int> heads, MlpRegressionResult? fit, Arena memory)
    {
        ModelSpec spec = model.Spec;
        IOps ops = model.Device.Ops;
        Tensor attention = memory.Allocate(states.Final.Shape);
        Tensor mlp = memory.Allocate(states.Final.Shape);
        Tensor all = memory.Upload<int>([.. Enumerable.Range(0, states.Count)]);
        ops.Copy(states.Attention(_layer), attention);
        ops.Copy(states.Mlp(_layer), mlp);
        if (mitigation == Mitigation.Heads && heads.Count > 0)
        {
            Tensor z = memory.Allocate(states.Z(_layer).Shape);
            ops.Copy(states.Z(_layer), z);
            foreach (int h in heads)
            {
                ops.Edit(EditKind.Scale, z.Columns(h * spec.Attention.HeadSize, spec.Attention.HeadSize), all, Every(states, 1 - lambda, memory), default);
            }

            model.Sublayers.Attention(_layer, z, attention, attention);
        }

        Tensor x = memory.Allocate(states.Final.Shape);
        ops.Add(states.Input(_layer), attention, x);
        switch (mitigation)
        {
            case Mitigation.Heads when !spec.ParallelResidual && heads.Count > 0:
                model.Sublayers.Mlp(_layer, x, mlp);
                break;
            case Mitigation.Mlp:
                ops.Edit(EditKind.Scale, mlp, all, Every(states, 1 - lambda, memory), default);
                break;
            case Mitigation.Unigram:
                ops.Edit(EditKind.ProjectOut, mlp, all, Every(states, lambda, memory), memory.Upload<float>(meanDirection));
                break;
            case Mitigation.Regression when lambda > 0:
                Tensor fitted = memory.Upload<float>(Fitted(states, fit!), mlp.Shape);
                ops.Edit(EditKind.Scale, mlp, all, Every(states, 1 - lambda, memory), default);
                ops.Edit(EditKind.Scale, fitted, all, Every(states, lambda, memory), default);
                ops.Add(mlp, fitted, mlp);
                break;
            default:
                break;
        }

        ops.Add(x, mlp, x);
        return x;
    }

    private static Tensor Every(EndStates states, float value, Arena memory)
    {
        float[] values = new float[states.Count];
        Array.Fill(values, value);
        return memory.Upload<float>(values);
    }

    private float[] Fitted(EndStates states, MlpRegressionResult fit)
    {
        int width = model.Spec.Width, heads = model.Spec.Attention.Heads, regressors = fit.Heads.Count;
        float[][] x = MlpRegression.Regressors(model, states, fit.Layer, fit.Heads);
        float[] values = new float[states.Count * width];
        for (int n = 0; n < x.Length; n++)
        {
            Span<float> row = values.AsSpan(n * width, width);
            fit.Fit.Intercept!.CopyTo(row);
            for (int r = 0; r <= regressors; r++)
            {
                TensorPrimitives.MultiplyAdd(x[n].AsSpan(r * width, width), (float)Math.Max(fit.Fit.Gamma![r], 0), row, row);
            }
        }

        return values;
    }
}
