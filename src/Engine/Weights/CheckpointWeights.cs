using Weir.Engine.Checkpoints;
using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>Hands a checkpoint's tensors over where they lie in the mapped file, without a copy of its own.</summary>
internal sealed class CheckpointWeights(Checkpoint checkpoint) : IWeightSource
{
    private readonly Dictionary<string, float[]> _values = [];

    public MatrixSource Matrix(LinearSource source)
    {
        ElementType type = checkpoint.Tensor(source.Weight[0].Tensor).Type.WeightType()!.Value;
        var parts = new MatrixPart[source.Weight.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            OutputSlice slice = source.Weight[i];
            TensorView view = checkpoint.Tensor(slice.Tensor);
            if (view.Type.WeightType() != type)
            {
                throw new CheckpointException(CheckpointError.DTypeUnavailable, checkpoint.Location, view.Name, $"is stored as {view.Type}, but the tensors fused with it as {type.Name()}", "store them alike");
            }

            long stored = view.Shape[1];
            nint address = view.Pointer + (nint)((slice.Transposed ? slice.Start : slice.Start * stored) * type.Size());
            parts[i] = slice.Transposed
                ? new MatrixPart(address, slice.Count, 1, stored)
                : new MatrixPart(address, slice.Count, stored, 1);
        }

        return new MatrixSource(source.InputWidth, source.OutputWidth, type, parts);
    }

    public MatrixSource Matrix(string tensor)
    {
        TensorView view = checkpoint.Tensor(tensor);
        return new MatrixSource((int)view.Shape[1], (int)view.Shape[0], view.Type.WeightType()!.Value, [new MatrixPart(view.Pointer, (int)view.Shape[0], view.Shape[1], 1)]);
    }

    public void Release(LinearSource source)
    {
        foreach (string tensor in source.Weight.Select(s => s.Tensor).Distinct(StringComparer.Ordinal))
        {
            checkpoint.Tensor(tensor).Release();
        }
    }

    public void Release(string tensor) => checkpoint.Tensor(tensor).Release();

    // A fused bias is read once for each of its slices, so the last ones are kept.
    public float[] Values(string tensor)
    {
        if (!_values.TryGetValue(tensor, out float[]? values))
        {
            if (_values.Count > 8)
            {
                _values.Clear();
            }

            _values[tensor] = values = checkpoint.Tensor(tensor).ToFloat32();
        }

        return values;
    }
}
