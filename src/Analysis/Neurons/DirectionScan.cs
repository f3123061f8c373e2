using Weir.Engine;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>Which MLP vectors of a model point along a direction.</summary>
public static class DirectionScan
{
    /// <summary>Reads every vector of some matrices once.</summary>
    /// <param name="model">The model.</param>
    /// <param name="direction">t, [width].</param>
    /// <param name="matrices">Where to look.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <returns>All of them, the largest cosine first; the earlier one first where equal.</returns>
    public static AlignedVector[] Run(Model model, float[] direction, IReadOnlyList<MlpMatrix> matrices, IProgress<double>? progress = null)
    {
        int neurons = model.Spec.Mlp.Width, width = model.Spec.Width;
        var found = new List<AlignedVector>(matrices.Count * model.Spec.Layers * neurons);
        using var memory = new Arena(model.Device);
        for (int layer = 0; layer < model.Spec.Layers; layer++)
        {
            foreach (MlpMatrix matrix in matrices)
            {
                foreach ((int first, int count) in NeuronReader.Batches(neurons))
                {
                    memory.Reset();
                    Tensor rows = memory.Allocate(new Shape(count, width)), same = memory.Allocate(rows.Shape), statistics = memory.Allocate(new Shape(count, 4));
                    model.Vectors.Read(matrix, layer, first, rows);
                    model.Device.Ops.GatherRows(memory.Upload<float>(direction, new Shape(1, width)), memory.Upload<int>(new int[count]), same);
                    model.Device.Ops.CompareRows(rows, same, statistics);
                    float[] values = model.Device.Read<float>(statistics);
                    for (int i = 0; i < count; i++)
                    {
                        (double w, double t, double product) = (values[4 * i], values[(4 * i) + 1], values[(4 * i) + 2]);
                        found.Add(new AlignedVector(new MlpVector(layer, matrix, first + i), w == 0 || t == 0 ? 0 : product / Math.Sqrt(w * t), Math.Sqrt(w)));
                    }
                }
            }

            progress?.Report((layer + 1.0) / model.Spec.Layers);
        }

        return [.. found.OrderByDescending(v => v.Cosine)];
    }
}
