using System.Numerics.Tensors;
using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Weights;
using Weir.Kernels;
using Tensor = Weir.Kernels.Tensor;

namespace Weir.Analysis.Recall;

/// <summary>
/// Direct logit attribution (Elhage et al. 2021): the final residual is a sum of what components wrote, and with the scale of
/// the final norm held at what it is, so is the logit. Post-norms are treated alike, with their own scale. The parts add up
/// to the value.
/// </summary>
public sealed class DirectAttribution
{
    private DirectAttribution(IReadOnlyList<AttributionPart> parts, double[] values)
    {
        Parts = parts;
        Values = values;
    }

    /// <summary>The parts in the order of the forward pass.</summary>
    public IReadOnlyList<AttributionPart> Parts { get; }

    /// <summary>[prompts]: the value itself, read from the final residual.</summary>
    public double[] Values { get; }

    /// <summary>[prompts]: the sum of the parts.</summary>
    public double[] Sums => [.. Values.Select((_, n) => Parts.Sum(p => p.Values[n]))];

    /// <summary>The largest distance of a sum from its value; NaN where no prompt has finite ones.</summary>
    public double LargestError => Sums.Zip(Values, (s, v) => Math.Abs(s - v)).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();

    /// <summary>The part of a head.</summary>
    public AttributionPart Head(int layer, int head) => Parts.First(p => p.Kind == AttributionKind.Head && p.Layer == layer && p.Head == head);

    /// <summary>The part of an MLP.</summary>
    public AttributionPart Mlp(int layer) => Parts.First(p => p.Kind == AttributionKind.Mlp && p.Layer == layer);

    /// <summary>Takes a value of each prompt apart.</summary>
    /// <param name="model">The model.</param>
    /// <param name="states">The prompts' states.</param>
    /// <param name="value">What is taken apart: a logit, pi, a difference.</param>
    public static DirectAttribution Run(Model model, EndStates states, LogitDirections value)
    {
        ModelSpec spec = model.Spec;
        int n = states.Count, width = spec.Width;
        using var memory = new Arena(model.Device);
        Tensor scales = memory.Allocate(new Shape(n, 1));
        model.Sublayers.FinalNorm(states.Final, memory.Allocate(states.Final.Shape), scales);
        float[] scale = states.Read(scales);
        (float[] rows, double[] bias) = LogitDirections.Back(model.Vectors.FinalNorm, value.Rows);
        double[] Along(Tensor x, float[] directions, int repeat = 1)
        {
            double[] dots = LogitDirections.Dots(model, memory, x, directions, repeat);
            for (int i = 0; i < dots.Length; i++)
            {
                dots[i] /= scale[i / repeat];
            }

            return dots;
        }

        double[] embedding = Along(states.Embedding, rows);
        List<AttributionPart> parts = [new(AttributionKind.Embedding, -1, -1, embedding)];
        if (spec.Embedding.PositionRows > 0)
        {
            Tensor positions = memory.Allocate(states.Embedding.Shape);
            model.Device.Ops.Subtract(states.Input(0), states.Embedding, positions);
            parts.Add(new AttributionPart(AttributionKind.Positions, -1, -1, Along(positions, rows)));
        }

        for (int l = 0; l < spec.Layers; l++)
        {
            Attention(model, states, l, rows, scale, parts);
            parts.Add(new AttributionPart(AttributionKind.Mlp, l, -1, Along(states.Mlp(l), rows)));
        }

        if (bias.Any(b => b != 0))
        {
            parts.Add(new AttributionPart(AttributionKind.NormBias, -1, -1, bias));
        }

        if (value.Constants.Any(c => c != 0))
        {
            parts.Add(new AttributionPart(AttributionKind.UnembeddingBias, -1, -1, [.. value.Constants]));
        }

        return new DirectAttribution(parts, value.Read(states.Final));
    }

    private static void Attention(Model model, EndStates states, int layer, float[] rows, float[] scale, List<AttributionPart> parts)
    {
        ModelSpec spec = model.Spec;
        int n = states.Count, heads = spec.Attention.Heads, width = spec.Width;
        using var memory = new Arena(model.Device);
        double[] divisor = [.. scale.Select(s => (double)s)];
        double[] constant = new double[n];
        if (states.HasPostNorm)
        {
            NormValues norm = model.Vectors.AttentionPostNorm(layer)!;
            (float[] back, double[] normBias) = LogitDirections.Back(norm, rows);
            Tensor postScale = memory.Allocate(new Shape(n, 1));
            model.Sublayers.AttentionPostScale(layer, states.AttentionRaw(layer), postScale);
            float[] post = states.Read(postScale);
            for (int i = 0; i < n; i++)
            {
                constant[i] = normBias[i] / divisor[i];
                divisor[i] *= post[i];
            }

            rows = back;
        }

        double[][] values = Heads(model, states, layer, rows, divisor);
        AddBiases(model, layer, rows, divisor, values, constant);
        for (int h = 0; h < heads; h++)
        {
            parts.Add(new AttributionPart(AttributionKind.Head, layer, h, values[h]));
        }

        if (constant.Any(c => c != 0))
        {
            parts.Add(new AttributionPart(AttributionKind.AttentionBias, layer, -1, constant));
        }
    }

    private static double[][] Heads(Model model, EndStates states, int layer, float[] rows, double[] divisor)
    {
        ModelSpec spec = model.Spec;
        int heads = spec.Attention.Heads, width = spec.Width;
        double[][] values = [.. Enumerable.Range(0, heads).Select(_ => new double[states.Count])];
        using var memory = new Arena(model.Device);
        foreach ((int first, int count) in RowGroups.Of(spec, states.Count, heads))
        {
            memory.Reset();
            Tensor results = memory.Allocate(new Shape(count, heads * width));
            model.Sublayers.HeadResults(layer, states.Z(layer).RowRange(first, count), results);
            double[] dots = LogitDirections.Dots(model, memory, results.Reshape(count * heads, width), rows.AsSpan(first * width, count * width), heads);
            for (int i = 0; i < dots.Length; i++)
            {
                int prompt = first + (i / heads);
                values[i % heads][prompt] = dots[i] / divisor[prompt];
            }
        }

        return values;
    }

    // The values' bias goes from the heads to the attention's own part: no head chooses it, since its weights sum to 1.
    private static void AddBiases(Model model, int layer, float[] rows, double[] divisor, double[][] values, double[] constant)
    {
        int width = model.Spec.Width, heads = values.Length;
        if (model.Vectors.AttentionBias(layer) is { } bias)
        {
            for (int i = 0; i < constant.Length; i++)
            {
                constant[i] += TensorPrimitives.Dot(rows.AsSpan(i * width, width), bias) / divisor[i];
            }
        }

        if (model.Vectors.ValueBias(layer) is not { } valueBias)
        {
            return;
        }

        using var memory = new Arena(model.Device);
        Tensor results = memory.Allocate(new Shape(1, heads * width));
        model.Sublayers.HeadResults(layer, memory.Upload<float>(valueBias, new Shape(1, valueBias.Length)), results);
        float[] written = model.Device.Read<float>(results);
        for (int h = 0; h < heads; h++)
        {
            for (int i = 0; i < constant.Length; i++)
            {
                double part = TensorPrimitives.Dot(rows.AsSpan(i * width, width), written.AsSpan(h * width, width)) / divisor[i];
                values[h][i] -= part;
                constant[i] += part;
            }
        }
    }
}
