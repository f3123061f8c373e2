using System.Numerics.Tensors;
using Weir.Engine;
using Weir.Engine.Weights;
using Weir.Kernels;
using Tensor = Weir.Kernels.Tensor;

namespace Weir.Analysis.Recall;

/// <summary>A direction of the normed residual and a constant for each prompt: value = &lt;Norm(r), u&gt; + constant.</summary>
public sealed class LogitDirections
{
    private readonly Model _model;

    internal LogitDirections(Model model, float[] rows, double[] constants)
    {
        _model = model;
        Rows = rows;
        Constants = constants;
    }

    /// <summary>Prompts.</summary>
    public int Count => Constants.Count;

    /// <summary>[prompts, d]: u.</summary>
    public float[] Rows { get; }

    /// <summary>[prompts]: the unembedding bias' part.</summary>
    public IReadOnlyList<double> Constants { get; }

    /// <summary>The values of residuals behind the last block.</summary>
    /// <param name="states">F32 [prompts * repeat, d], <paramref name="repeat"/> rows of each prompt together.</param>
    /// <param name="repeat">Rows a prompt.</param>
    /// <param name="first">The first prompt that states are of.</param>
    public double[] Read(Tensor states, int repeat = 1, int first = 0)
    {
        using var memory = new Arena(_model.Device);
        Tensor normed = memory.Allocate(states.Shape);
        _model.Sublayers.FinalNorm(states, normed);
        double[] values = Dots(_model, memory, normed, Rows.AsSpan(first * _model.Spec.Width, states.Rows / repeat * _model.Spec.Width), repeat);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] += Constants[first + (i / repeat)];
        }

        return values;
    }

    /// <summary>
    /// Directions that residuals, and parts of them, are read along once the scale of the norm is known: u is taken back
    /// through a norm's gain and centring, v = C (gain u), so that &lt;x, v&gt; / scale + &lt;bias, u&gt; = &lt;Norm(x), u&gt;.
    /// </summary>
    /// <param name="norm">The norm, or null for none.</param>
    /// <param name="rows">[n, d]: u.</param>
    /// <returns>[n, d]: v, and [n]: the norm bias' part.</returns>
    internal static (float[] Rows, double[] Bias) Back(NormValues? norm, float[] rows)
    {
        if (norm is null)
        {
            return (rows, []);
        }

        int width = norm.Gain.Length, n = rows.Length / width;
        float[] back = new float[rows.Length];
        double[] bias = new double[n];
        for (int i = 0; i < n; i++)
        {
            ReadOnlySpan<float> u = rows.AsSpan(i * width, width);
            Span<float> v = back.AsSpan(i * width, width);
            TensorPrimitives.Multiply(u, norm.Gain, v);
            if (norm.IsCentered)
            {
                double mean = 0;
                foreach (float x in v)
                {
                    mean += x;
                }

                TensorPrimitives.Subtract(v, (float)(mean / width), v);
            }

            bias[i] = norm.Bias is null ? 0 : TensorPrimitives.Dot(u, norm.Bias);
        }

        return (back, bias);
    }

    /// <summary>Products of each row of x [n * repeat, d] with its prompt's direction, summed in f64.</summary>
    internal static double[] Dots(Model model, Arena memory, Tensor x, ReadOnlySpan<float> directions, int repeat)
    {
        var mark = memory.Mark();
        Tensor u = memory.Upload(directions, new Shape(x.Rows / repeat, x.Width));
        if (repeat > 1)
        {
            Tensor own = memory.Allocate(x.Shape);
            model.Device.Ops.GatherRows(u, memory.Upload<int>([.. Enumerable.Range(0, x.Rows).Select(i => i / repeat)]), own);
            u = own;
        }

        Tensor statistics = memory.Allocate(new Shape(x.Rows, 4));
        model.Device.Ops.CompareRows(x, u, statistics);
        float[] values = model.Device.Read<float>(statistics);
        memory.Release(mark);
        return [.. Enumerable.Range(0, x.Rows).Select(i => (double)values[(i * 4) + 2])];
    }
}
