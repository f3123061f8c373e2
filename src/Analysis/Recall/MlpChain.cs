using Weir.Engine;
using Weir.Engine.Families;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Analysis.Recall;

/// <summary>
/// The residual at END from a changed sender to behind the last block, while every attention adds what it added in the clean
/// pass: a few rows of each of some prompts.
/// </summary>
internal sealed class MlpChain : IDisposable
{
    private readonly Model _model;
    private readonly EndStates _clean;
    private readonly int _first;
    private readonly int _count;
    private readonly int _repeat;
    private readonly bool _freezeMlps;
    private readonly Arena _memory;
    private readonly Tensor _rows;

    public MlpChain(Model model, EndStates clean, int first, int count, int repeat, bool freezeMlps)
    {
        _model = model;
        _clean = clean;
        _first = first;
        _count = count;
        _repeat = repeat;
        _freezeMlps = freezeMlps;
        _memory = new Arena(model.Device);
        _rows = _memory.Upload<int>([.. Enumerable.Range(0, count * repeat).Select(i => first + (i / repeat))]);
    }

    private IOps Ops => _model.Device.Ops;

    private bool IsParallel => _model.Spec.ParallelResidual;

    public void Dispose() => _memory.Dispose();

    /// <summary>Final residuals [prompts * heads, d] with one head of a layer changed in each row.</summary>
    public Tensor FromHeads(int layer, Func<int, int, ReadOnlySpan<float>> z)
    {
        AttentionSpec a = _model.Spec.Attention;
        float[] change = _clean.Read(_clean.Z(layer).RowRange(_first, _count));
        for (int i = 0; i < _count; i++)
        {
            ReadOnlySpan<float> put = z(layer, _first + i);
            for (int j = 0; j < a.QueryWidth; j++)
            {
                change[(i * a.QueryWidth) + j] = put[j] - change[(i * a.QueryWidth) + j];
            }
        }

        Tensor results = _memory.Allocate(new Shape(_count, a.Heads * _model.Spec.Width));
        _model.Sublayers.HeadResults(layer, _memory.Upload<float>(change, new Shape(_count, a.QueryWidth)), results);
        Tensor attention = results.Reshape(_count * a.Heads, _model.Spec.Width);
        Ops.Add(Clean(_clean.AttentionRaw(layer)), attention, attention);
        if (_clean.HasPostNorm)
        {
            _model.Sublayers.AttentionAdded(layer, attention, attention);
        }

        return FromAttention(layer, attention);
    }

    /// <summary>Final residuals [prompts, d] with all heads of a layer changed.</summary>
    public Tensor FromAttention(int layer, Func<int, int, ReadOnlySpan<float>> z)
    {
        int width = _model.Spec.Attention.QueryWidth;
        float[] put = new float[_count * width];
        for (int i = 0; i < _count; i++)
        {
            z(layer, _first + i).CopyTo(put.AsSpan(i * width));
        }

        Tensor attention = _memory.Allocate(new Shape(_count, _model.Spec.Width));
        _model.Sublayers.Attention(layer, _memory.Upload<float>(put, new Shape(_count, width)), attention, attention);
        return FromAttention(layer, attention);
    }

    /// <summary>Final residuals [prompts, d] with a layer's MLP changed.</summary>
    public Tensor FromMlp(int layer, Func<int, int, ReadOnlySpan<float>> mlp)
    {
        float[] put = new float[_count * _model.Spec.Width];
        for (int i = 0; i < _count; i++)
        {
            mlp(layer, _first + i).CopyTo(put.AsSpan(i * _model.Spec.Width));
        }

        Tensor x = Sum(Clean(_clean.Input(layer)), Clean(_clean.Attention(layer)));
        Ops.Add(x, _memory.Upload<float>(put, x.Shape), x);
        return Behind(layer, x);
    }

    private Tensor FromAttention(int layer, Tensor attention)
    {
        // Beside the attention, the block's MLP does not see it.
        Tensor x = Sum(Clean(_clean.Input(layer)), attention);
        AddMlp(layer, x, IsParallel ? default : x);
        return Behind(layer, x);
    }

    private Tensor Behind(int layer, Tensor x)
    {
        Tensor input = _memory.Allocate(x.Shape);
        for (int l = layer + 1; l < _model.Spec.Layers; l++)
        {
            var mark = _memory.Mark();
            Ops.Copy(x, input);
            Ops.Add(input, Clean(_clean.Attention(l)), x);
            AddMlp(l, x, IsParallel ? input : x);
            _memory.Release(mark);
        }

        return x;
    }

    // x += what the MLP adds where it reads an input; what it added in the clean pass where there is none.
    private void AddMlp(int layer, Tensor x, Tensor input)
    {
        if (_freezeMlps || input.IsAbsent)
        {
            Ops.Add(x, Clean(_clean.Mlp(layer)), x);
            return;
        }

        Tensor added = _memory.Allocate(x.Shape);
        _model.Sublayers.Mlp(layer, input, added);
        Ops.Add(x, added, x);
    }

    private Tensor Sum(Tensor a, Tensor b)
    {
        Tensor sum = _memory.Allocate(a.Shape);
        Ops.Add(a, b, sum);
        return sum;
    }

    private Tensor Clean(Tensor rows)
    {
        Tensor own = _memory.Allocate(new Shape(_count * _repeat, rows.Width));
        Ops.GatherRows(rows, _rows, own);
        return own;
    }
}
