using Weir.Engine.Forward;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Lens;

/// <summary>
/// Reads residual states out through the unembedding: norm, projection, statistics, in groups of positions with all
/// their states together, so that the vocabulary is gone through once a group and the last state is there to compare with.
/// </summary>
public static class LensReader
{
    // Rows that share one pass over the unembedding; more of them read it less often, and hold more scratch.
    private const int GroupRows = 8192;

    /// <summary>Reads states of the same positions, the last of which is the reference (usually all layers of a pass).</summary>
    /// <param name="model">Whose unembedding.</param>
    /// <param name="states">Each F32 [positions, d].</param>
    /// <param name="options">What to compute.</param>
    public static LensResult Read(Model model, IReadOnlyList<Tensor> states, LensOptions? options = null)
    {
        options ??= new LensOptions();
        int positions = states[0].Rows;
        Check(model, states, positions, options);
        var result = new LensResult(states.Count, positions, options);
        int group = Math.Max(1, GroupRows / states.Count);
        for (int p = 0; p < positions; p += group)
        {
            using ScratchLease scratch = model.BorrowScratch();
            ReadGroup(model, scratch.Arena, states, p, Math.Min(group, positions - p), options, result);
            options.Progress?.Report(Math.Min(1, (double)(p + group) / positions));
        }

        return result;
    }

    /// <summary>
    /// What the unembedding multiplies: final norm and, where the model has one, output projection of a state; F32
    /// [positions, unembedding's inputs], in host memory.
    /// </summary>
    public static float[] HeadInput(Model model, Tensor state)
    {
        using ScratchLease scratch = model.BorrowScratch();
        Tensor rows = HeadRunner.Project(model, scratch.Arena, Normed(model, scratch.Arena, [state], 0, state.Rows, LensNorm.Recomputed));
        return model.Device.Read<float>(rows);
    }

    private static void ReadGroup(Model model, Arena scratch, IReadOnlyList<Tensor> states, int first, int count, LensOptions o, LensResult result)
    {
        IOps ops = model.Device.Ops;
        int n = states.Count * count;
        bool head = o.Basis == LensBasis.Unembedding;
        Tensor rows = Normed(model, scratch, states, first, count, o.Norm);
        rows = head ? HeadRunner.Project(model, scratch, rows) : rows;
        int k = o.TopK;
        int t = result.TargetCount;
        Tensor Floats(bool wanted, int width) => wanted && width > 0 ? scratch.Allocate(new Shape(n, width)) : default;
        Tensor Ints(bool wanted, int width) => wanted && width > 0 ? scratch.Allocate(new Shape(n, width), ElementType.I32) : default;
        var arguments = new LensArguments
        {
            States = rows,
            Unembedding = head ? model.Weights.Head.Matrix : model.Vectors.Tokens(o.Basis),
            Bias = o.Softcap && head ? model.Weights.Head.Bias : default,
            Softcap = o.Softcap ? model.Spec.FinalSoftcap : 0,
            Temperature = o.Temperature,
            LogSumExp = Floats(o.Entropy, 1),
            Entropy = Floats(o.Entropy, 1),
            TopIds = Ints(true, k),
            TopLogProbabilities = Floats(true, k),
            BottomIds = Ints(o.Bottom, k),
            BottomLogProbabilities = Floats(o.Bottom, k),
            Targets = t == 0 ? default : scratch.Upload<int>(TargetRows(o.Targets!, states.Count, first, count), new Shape(n, t)),
            TargetLogProbabilities = Floats(true, t),
            TargetRanks = Ints(true, t),
            References = o.Divergence ? scratch.Upload<int>([.. Enumerable.Range(0, n).Select(i => ((states.Count - 1) * count) + (i % count))]) : default,
            Divergence = Floats(o.Divergence, 1),
        };
        ops.Lens(arguments);
        Scatter(model, arguments.LogSumExp, result.LogSumExp, 1, states.Count, first, count, result.Positions);
        Scatter(model, arguments.Entropy, result.Entropy, 1, states.Count, first, count, result.Positions);
        Scatter(model, arguments.TopIds, result.TopIds, k, states.Count, first, count, result.Positions);
        Scatter(model, arguments.TopLogProbabilities, result.TopLogProbabilities, k, states.Count, first, count, result.Positions);
        Scatter(model, arguments.BottomIds, result.BottomIds, k, states.Count, first, count, result.Positions);
        Scatter(model, arguments.BottomLogProbabilities, result.BottomLogProbabilities, k, states.Count, first, count, result.Positions);
        Scatter(model, arguments.TargetLogProbabilities, result.TargetLogProbabilities, t, states.Count, first, count, result.Positions);
        Scatter(model, arguments.TargetRanks, result.TargetRanks, t, states.Count, first, count, result.Positions);
        Scatter(model, arguments.Divergence, result.Divergence, 1, states.Count, first, count, result.Positions);
    }

    private static Tensor Normed(Model model, Arena scratch, IReadOnlyList<Tensor> states, int first, int count, LensNorm mode)
    {
        IOps ops = model.Device.Ops;
        Tensor rows = scratch.Allocate(new Shape(states.Count * count, model.Spec.Width));
        bool norm = mode != LensNorm.None && model.Weights.FinalNorm is not null;
        Tensor scale = norm && mode == LensNorm.CachedScale ? scratch.Allocate(new Shape(count, 1)) : default;
        for (int s = states.Count - 1; s >= 0; s--)
        {
            Tensor x = states[s].RowRange(first, count);
            Tensor y = rows.RowRange(s * count, count);
            if (!norm)
            {
                ops.Copy(x, y);
            }
            else if (mode == LensNorm.Recomputed || s == states.Count - 1)
            {
                NormRunner.Fused(ops, model.Spec.Norm, model.Weights.FinalNorm!, x, y, new NormTaps(scale, default));
            }
            else
            {
                ops.Normalize(x, scale, model.Spec.Norm.Kind == Families.NormKind.LayerNorm, y);
                ops.Affine(y, model.Weights.FinalNorm!.Gain, model.Spec.Norm.GainOffset, model.Weights.FinalNorm.Bias, y);
            }
        }

        return rows;
    }

    private static int[] TargetRows(IReadOnlyList<int[]> targets, int states, int first, int count)
    {
        int[] one = [.. Enumerable.Range(first, count).SelectMany(p => targets[p])];
        return [.. Enumerable.Repeat(one, states).SelectMany(x => x)];
    }

    // From [states, count, width] of a group to [states, positions, width]; read at once, since each read waits.
    private static void Scatter<T>(Model model, Tensor source, T[] destination, int width, int states, int first, int count, int positions)
        where T : unmanaged
    {
        if (source.IsAbsent)
        {
            return;
        }

        T[] values = model.Device.Read<T>(source);
        for (int s = 0; s < states; s++)
        {
            values.AsSpan(s * count * width, count * width).CopyTo(destination.AsSpan(((s * positions) + first) * width));
        }
    }

    private static void Check(Model model, IReadOnlyList<Tensor> states, int positions, LensOptions options)
    {
        if (states.Any(s => s.Rows != positions || s.Width != model.Spec.Width))
        {
            throw new ArgumentException($"The lens reads states [positions, {model.Spec.Width}] of the same positions.", nameof(states));
        }

        if (!(options.Temperature > 0))
        {
            throw new WeirException($"The lens's temperature must be above 0, not {options.Temperature}.");
        }

        if (options.TopK < 0 || options.TopK > model.Spec.VocabularySize)
        {
            throw new WeirException($"The lens can name 0 to {model.Spec.VocabularySize} tokens a row, not {options.TopK}.");
        }

        if (options.Targets is { } targets && (targets.Count != positions || targets.Any(t => t.Length != targets[0].Length || t.Any(id => (uint)id >= (uint)model.Spec.VocabularySize))))
        {
            throw new WeirException($"The lens needs the same number of target ids, each below {model.Spec.VocabularySize}, for each of the {positions} positions.");
        }
    }
}
