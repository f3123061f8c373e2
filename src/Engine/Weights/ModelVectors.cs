using System.Runtime.InteropServices;
using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>
/// The vectors of a model's weights that live in its residual stream: read as rows on its device, and changed in place in
/// the type in which they are stored.
/// </summary>
public sealed class ModelVectors
{
    private readonly Model _model;

    internal ModelVectors(Model model) => _model = model;

    /// <summary>Reads the vectors of neighbouring neurons.</summary>
    /// <param name="matrix">Which matrix.</param>
    /// <param name="layer">Its block.</param>
    /// <param name="first">The first neuron.</param>
    /// <param name="rows">F32 [n, width], written.</param>
    /// <exception cref="WeirException">The model has no such matrix or layer.</exception>
    public void Read(MlpMatrix matrix, int layer, int first, Tensor rows)
    {
        RequireVector(new MlpVector(layer, matrix, first));
        RequireVector(new MlpVector(layer, matrix, first + Math.Max(rows.Rows, 1) - 1));
        BlockWeights block = _model.Weights.Blocks[layer];
        if (matrix == MlpMatrix.Down)
        {
            _model.Device.Ops.WeightColumns(block.MlpOutput.Matrix, first, rows);
            return;
        }

        int start = RowOf(matrix, first);
        Look(block.MlpInput.Matrix, [.. Enumerable.Range(start, rows.Rows)], rows);
    }

    /// <summary>Reads the vectors of tokens.</summary>
    /// <param name="basis">Of which matrix.</param>
    /// <param name="ids">The tokens.</param>
    /// <param name="rows">F32 [ids, width], written.</param>
    /// <exception cref="WeirException">The matrix's rows are not as wide as the residual.</exception>
    public void ReadTokens(LensBasis basis, ReadOnlySpan<int> ids, Tensor rows) => Look(Tokens(basis), ids, rows);

    /// <summary>The norm in front of a block's MLP, or null where there is none.</summary>
    public NormValues? MlpNorm(int layer) => Values(NormRunner.InFront(_model.Spec, _model.Weights.Blocks[layer].MlpNorm));

    /// <summary>The norm in front of the unembedding, or null where there is none.</summary>
    public NormValues? FinalNorm => Values(_model.Weights.FinalNorm);

    /// <summary>The norm on what a block's attention gives, before it is added, or null where there is none.</summary>
    public NormValues? AttentionPostNorm(int layer) => Values(_model.Weights.Blocks[layer].AttentionPostNorm);

    /// <summary>[width]: the bias of a block's attention output, or null where there is none.</summary>
    public float[]? AttentionBias(int layer) => Host(_model.Weights.Blocks[layer].AttentionOutput.Bias);

    /// <summary>
    /// [heads * head size]: the bias of a block's values as each query head sees it, or null where there is none. Attention
    /// weights sum to 1, so it is in every mixed value as it is.
    /// </summary>
    public float[]? ValueBias(int layer)
    {
        AttentionSpec a = _model.Spec.Attention;
        if (Host(_model.Weights.Blocks[layer].QueryKeyValue.Bias) is not { } bias)
        {
            return null;
        }

        ReadOnlySpan<float> values = bias.AsSpan(a.QueryWidth + a.KeyWidth, a.KeyWidth);
        float[] seen = new float[a.QueryWidth];
        for (int h = 0; h < a.Heads; h++)
        {
            values.Slice(h / (a.Heads / a.KeyValueHeads) * a.HeadSize, a.HeadSize).CopyTo(seen.AsSpan(h * a.HeadSize));
        }

        return seen;
    }

    /// <summary>[vocabulary]: the bias of the unembedding, or null where there is none.</summary>
    public float[]? UnembeddingBias => Host(_model.Weights.Head.Bias);

    /// <summary>A vector as it is stored now.</summary>
    public StoredVector this[MlpVector vector]
    {
        get
        {
            RequireVector(vector);
            (WeightMatrix matrix, bool isRow, int index) = Place(vector);
            byte[] bits = new byte[_model.Spec.Width * matrix.Type.Size()];
            if (isRow)
            {
                matrix.ReadRow(index, bits);
            }
            else
            {
                matrix.ReadColumn(index, bits);
            }

            return new StoredVector(vector, matrix.Type, bits);
        }
    }

    /// <summary>Puts other numbers in a vector's place, rounded to its type; every pass from now on runs on them.</summary>
    /// <returns>The vector as it was, which <see cref="Restore"/> puts back bit for bit.</returns>
    public StoredVector Replace(MlpVector vector, ReadOnlySpan<float> values)
    {
        StoredVector old = this[vector];
        byte[] bits = new byte[old.Bits.Length];
        old.Type.Narrow(values, bits);
        Restore(old with { Bits = bits });
        return old;
    }

    /// <summary>Puts a stored vector in its place.</summary>
    /// <exception cref="WeirException">The model stores its weights in another type or width, or streams them from the disk.</exception>
    public void Restore(StoredVector stored)
    {
        RequireVector(stored.Vector);
        if (_model.StreamsWeights)
        {
            throw new WeirException("UnsupportedEdit: the weights of a model whose blocks are streamed from the disk cannot be changed in memory; load it without --stream-weights.");
        }

        (WeightMatrix matrix, bool isRow, int index) = Place(stored.Vector);
        if (stored.Type != matrix.Type || stored.Bits.Length != _model.Spec.Width * matrix.Type.Size())
        {
            throw new WeirException($"{stored.Vector} is {stored.Bits.Length} bytes of {stored.Type.Name()}, but this model stores vectors of {_model.Spec.Width} {matrix.Type.Name()} there.");
        }

        if (isRow)
        {
            matrix.WriteRow(index, stored.Bits);
        }
        else
        {
            matrix.WriteColumn(index, stored.Bits);
        }
    }

    internal WeightMatrix Tokens(LensBasis basis)
    {
        WeightMatrix matrix = basis == LensBasis.Unembedding ? _model.Weights.Head.Matrix : _model.Weights.Embedding;
        return matrix.Inputs == _model.Spec.Width ? matrix
            : throw new WeirException($"UnsupportedModel: the {basis.ToString().ToLowerInvariant()} of this {_model.Spec.Family} model has vectors of {matrix.Inputs} numbers behind a projection, not of the residual's {_model.Spec.Width}.");
    }

    private int RowOf(MlpMatrix matrix, int neuron) => neuron + (matrix == MlpMatrix.Up && _model.Spec.Mlp.Gated ? _model.Spec.Mlp.Width : 0);

    private (WeightMatrix Matrix, bool IsRow, int Index) Place(MlpVector v)
    {
        BlockWeights block = _model.Weights.Blocks[v.Layer];
        return v.Matrix == MlpMatrix.Down ? (block.MlpOutput.Matrix, false, v.Index) : (block.MlpInput.Matrix, true, RowOf(v.Matrix, v.Index));
    }

    private void RequireVector(MlpVector v)
    {
        ModelSpec spec = _model.Spec;
        if (v.Matrix == MlpMatrix.Gate && !spec.Mlp.Gated)
        {
            throw new WeirException($"This {spec.Family} model's MLPs have no gate; use up or down.");
        }

        if ((uint)v.Layer >= (uint)spec.Layers || (uint)v.Index >= (uint)spec.Mlp.Width)
        {
            throw new WeirException($"There is no neuron {v.Layer}.{v.Index}: the model has layers 0 to {spec.Layers - 1} with neurons 0 to {spec.Mlp.Width - 1}.");
        }
    }

    private void Look(WeightMatrix table, ReadOnlySpan<int> ids, Tensor rows)
    {
        DeviceBuffer buffer = _model.Results.Rent(Math.Max(1, ids.Length) * sizeof(int));
        try
        {
            var indices = new Tensor(buffer, 0, new Shape(ids.Length), ElementType.I32);
            _model.Device.Write(indices, MemoryMarshal.AsBytes(ids));
            _model.Device.Ops.Embed(indices, table, 1, rows);
        }
        finally
        {
            _model.Results.Return(buffer);
        }
    }

    private NormValues? Values(NormWeights? norm)
    {
        if (norm is null)
        {
            return null;
        }

        float[] gain = Host(norm.Gain)!;
        for (int i = 0; i < gain.Length; i++)
        {
            gain[i] += _model.Spec.Norm.GainOffset;
        }

        return new NormValues(gain, Host(norm.Bias), _model.Spec.Norm.Kind == NormKind.LayerNorm);
    }

    private float[]? Host(Tensor tensor)
    {
        if (tensor.IsAbsent)
        {
            return null;
        }

        return _model.Device.Read<float>(tensor);
    }
}
