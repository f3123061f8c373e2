using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>Carries packed sequences through the model once.</summary>
internal static class ForwardPass
{
    public static ForwardResult Run(Model model, IReadOnlyList<IReadOnlyList<int>> sequences, HookPlan plan, ForwardOptions options)
    {
        PackedRows rows = Pack(model, sequences, options.Cache);
        PackedRows logitRows = options.Logits switch
        {
            LogitRows.All => rows,
            LogitRows.Last => LastRows(rows),
            _ => new PackedRows([0], []),
        };
        if (options.Logits == LogitRows.None && plan.WantsHead)
        {
            throw new SiteException("logits", "UnsupportedSite: a hook is on the final norm or the logits of a pass that computes no logits; ask for logits or take the hook away.");
        }

        int[] prompts = options.Cache?.PromptLengths ?? [.. Enumerable.Range(0, rows.Sequences).Select(rows.Length)];
        var (buffer, captured, logits) = Slab.Bind(model, plan, rows, logitRows.Rows);
        var result = new ForwardResult(model, rows, buffer, captured, logits);
        try
        {
            Arena scratch = model.Scratch;
            scratch.Reset();
            var batch = new Batch(model, scratch, rows, prompts);
            Tensor x = RunBlocks(model, plan, batch, sequences, options);
            if (logitRows.Rows > 0)
            {
                Head(model, plan, batch, x, logitRows, logits);
            }

            if (options.Cache is { } cache)
            {
                for (int s = 0; s < rows.Sequences; s++)
                {
                    cache.Lengths[s] = rows.End(s);
                }
            }

            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    private static Tensor RunBlocks(Model model, HookPlan plan, Batch batch, IReadOnlyList<IReadOnlyList<int>> sequences, ForwardOptions options)
    {
        int layers = options.Logits == LogitRows.None && options.Cache is null ? plan.LayersNeeded : model.Spec.Layers;
        Tensor x = Residual(plan, 0, batch, model, avoid: default);
        EmbeddingRunner.Run(model, plan, batch, sequences, x);
        var blocks = new BlockRunner(model, plan, batch);
        options.Cache?.Reserve(batch.Rows.Starts.Select((start, s) => start + batch.Rows.Length(s)).Max());
        for (int l = 0; l < layers; l++)
        {
            x = ActOnInput(model, plan, batch, l, x);
            KeyValueStore store = options.Cache?.Layer(l) ?? model.LayerStore(batch.Rows);
            Tensor y = Residual(plan, l + 1, batch, model, avoid: x);
            SiteUse? midUse = plan.Use(SitePoint.ResidualMid, l);
            blocks.Run(l, store, x, midUse is { Captured: true } ? midUse.Slot : y, y);
            x = y;
        }

        return x;
    }

    // Where the residual before a layer goes: the slot of whoever captured it, else one of two that take turns.
    private static Tensor Residual(HookPlan plan, int layer, Batch batch, Model model, Tensor avoid)
    {
        if (layer > 0 && plan.Use(SitePoint.ResidualPost, layer - 1) is { Captured: true } post)
        {
            return post.Slot;
        }

        if (layer < model.Spec.Layers && plan.Use(SitePoint.ResidualPre, layer) is { Captured: true } pre)
        {
            return pre.Slot;
        }

        return batch.NextResidual(avoid, model.Spec.Width);
    }

    private static Tensor ActOnInput(Model model, HookPlan plan, Batch batch, int layer, Tensor x)
    {
        SiteUse? use = plan.Use(SitePoint.ResidualPre, layer);
        if (use is not { Acts: true })
        {
            return x;
        }

        // Only where the value before the change was captured as well must the change happen elsewhere.
        bool kept = layer > 0
            ? plan.Use(SitePoint.ResidualPost, layer - 1) is { Captured: true }
            : plan.Use(SitePoint.Embed) is { Captured: true } embed && embed.Slot.Address == x.Address;
        Tensor target = use.Captured ? use.Slot : kept ? batch.NextResidual(x, model.Spec.Width) : x;
        if (target.Address != x.Address)
        {
            batch.Ops.Copy(x, target);
        }

        SiteRunner.Act(use, target, batch, batch.Rows);
        return target;
    }

    private static void Head(Model model, HookPlan plan, Batch batch, Tensor x, PackedRows rows, Tensor logits)
    {
        ModelWeights w = model.Weights;
        if (rows.Rows != batch.Count)
        {
            Tensor last = batch.Scratch.Allocate(new Shape(rows.Rows, model.Spec.Width));
            int[] indices = [.. Enumerable.Range(0, rows.Sequences).Where(s => rows.Length(s) > 0).Select(s => batch.Rows.Offsets[s + 1] - 1)];
            batch.Ops.GatherRows(x, batch.Scratch.Upload<int>(indices), last);
            x = last;
        }

        if (w.FinalNorm is { } norm)
        {
            Tensor normed = batch.Scratch.Allocate(x.Shape);
            NormRunner.Run(model.Spec.Norm, norm, x, normed, batch, rows, plan.Use(SitePoint.LnFinalScale), plan.Use(SitePoint.LnFinalNormalized));
            x = normed;
        }

        if (w.ProjectOut is { } project)
        {
            Tensor projected = batch.Scratch.Allocate(new Shape(x.Rows, project.Matrix.Outputs));
            batch.Ops.MatMul(x, project.Matrix, projected, new MatMulOptions { Bias = project.Bias });
            x = projected;
        }

        batch.Ops.MatMul(x, w.Head.Matrix, logits, new MatMulOptions { Bias = w.Head.Bias });
        if (model.Spec.FinalSoftcap > 0)
        {
            batch.Ops.Softcap(logits, model.Spec.FinalSoftcap, logits);
        }

        SiteRunner.Act(plan.Use(SitePoint.Logits), logits, batch, rows);
    }

    private static PackedRows LastRows(PackedRows rows)
    {
        int[] offsets = new int[rows.Sequences + 1];
        int[] starts = new int[rows.Sequences];
        for (int s = 0; s < rows.Sequences; s++)
        {
            offsets[s + 1] = offsets[s] + (rows.Length(s) > 0 ? 1 : 0);
            starts[s] = Math.Max(rows.End(s) - 1, 0);
        }

        return new PackedRows(offsets, starts);
    }

    /// <summary>Lays sequences out as packed rows, after what a cache holds of them, and checks them.</summary>
    public static PackedRows Pack(Model model, IReadOnlyList<IReadOnlyList<int>> sequences, KeyValueCache? cache)
    {
        if (sequences.Count == 0 || sequences.All(s => s.Count == 0))
        {
            throw new WeirException("EmptyPrompt: there is no token to run; give a text with at least one token.");
        }

        if (cache is not null && cache.Lengths.Length != sequences.Count)
        {
            throw new WeirException($"The cache holds {cache.Lengths.Length} sequences, but the batch has {sequences.Count}.");
        }

        int[] offsets = new int[sequences.Count + 1];
        int[] starts = new int[sequences.Count];
        for (int s = 0; s < sequences.Count; s++)
        {
            starts[s] = cache?.Lengths[s] ?? 0;
            offsets[s + 1] = offsets[s] + sequences[s].Count;
            int end = starts[s] + sequences[s].Count;
            if (end > model.Spec.ContextLength)
            {
                throw new WeirException($"ContextExceeded: sequence {s} has {end} tokens, but the model takes at most {model.Spec.ContextLength}; shorten it.");
            }

            foreach (int token in sequences[s])
            {
                if ((uint)token >= (uint)model.Spec.VocabularySize)
                {
                    throw new WeirException($"TokenOutOfRange: sequence {s} holds token {token}, but the vocabulary has {model.Spec.VocabularySize} ids.");
                }
            }
        }

        if (cache is not null)
        {
            for (int s = 0; s < sequences.Count; s++)
            {
                if (cache.Lengths[s] == 0)
                {
                    cache.PromptLengths[s] = sequences[s].Count;
                }
            }
        }

        return new PackedRows(offsets, starts);
    }
}
