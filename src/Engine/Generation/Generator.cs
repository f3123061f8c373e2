using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Tokenizers;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Generation;

/// <summary>Continues texts token by token through the one forward pass, with edits and taps active in every step.</summary>
public static class Generator
{
    /// <summary>
    /// Continues prompts as one batch and yields each token as it is drawn. Stop texts need the model's tokenizer;
    /// without a tokenizer.json texts are empty and ids alone are given.
    /// </summary>
    public static IEnumerable<GeneratedToken> Stream(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options)
    {
        Check(options);
        for (int i = 0; i < prompts.Count; i++)
        {
            if (prompts[i].Count == 0)
            {
                throw new WeirException($"EmptyPrompt: prompt {i} has no token to continue from; give a text with at least one token.");
            }
        }

        return Run(model, prompts, options);
    }

    /// <summary>Continues prompts and returns the new ids of each.</summary>
    public static IReadOnlyList<int[]> Complete(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options)
    {
        var ids = prompts.Select(_ => new List<int>()).ToArray();
        foreach (GeneratedToken token in Stream(model, prompts, options))
        {
            ids[token.Sequence].Add(token.Id);
        }

        return [.. ids.Select(l => l.ToArray())];
    }

    private static IEnumerable<GeneratedToken> Run(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options)
    {
        IReadOnlyList<int> ends = options.EndTokens ?? model.Spec.EndTokens;
        var texts = prompts.Select(_ => model.HasTokenizer ? model.Tokenizer.Stream(skipSpecialTokens: true) : null).ToArray();
        var stops = prompts.Select(_ => new StopText(options.Stop)).ToArray();
        bool[] done = new bool[prompts.Count];
        var next = prompts.ToArray();
        var single = prompts.Select(_ => new int[1]).ToArray();
        using var cache = new KeyValueCache(model, prompts.Count);
        cache.Reserve(Math.Min(model.Spec.ContextLength, prompts.Max(p => p.Count) + options.MaxTokens));
        var plan = new HookPlan(options.Hooks, model.Spec);
        var forward = new ForwardOptions { Logits = LogitRows.Last, Cache = cache };
        int[] drawn = new int[prompts.Count];
        for (int step = 0; step < options.MaxTokens && done.Contains(false); step++)
        {
            using (ForwardResult result = ForwardPass.Run(model, next, plan, forward))
            {
                Draw(model, result, options, done, step, drawn);
            }

            for (int s = 0, row = 0; s < prompts.Count; s++)
            {
                if (done[s])
                {
                    continue;
                }

                int id = drawn[row++];
                single[s][0] = id;
                GeneratedToken token = Step(s, id, step, texts[s], stops[s], ends.Contains(id), cache.Lengths[s] >= model.Spec.ContextLength, options);
                done[s] = token.Finish is not null;
                next[s] = done[s] ? [] : single[s];
                yield return token;
            }
        }
    }

    private static void Draw(Model model, ForwardResult result, GenerationOptions options, bool[] done, int step, int[] drawn)
    {
        int live = done.Count(d => !d);
        var sampling = new SamplingOptions[live];
        for (int s = 0, row = 0; s < done.Length; s++)
        {
            if (!done[s])
            {
                long seed = s < options.Seeds.Count ? options.Seeds[s] : options.Seeds[0] + s;
                sampling[row++] = new SamplingOptions(options.Temperature, options.TopK, options.TopP, RowRandom.Uniform(seed, step));
            }
        }

        Tensor ids = model.Scratch.Allocate(new Shape(live), ElementType.I32);
        model.Device.Ops.Sample(result.Logits, sampling, ids);
        model.Device.Read(ids, System.Runtime.InteropServices.MemoryMarshal.AsBytes(drawn.AsSpan(0, live)));
    }

    private static GeneratedToken Step(int sequence, int id, int step, TokenStream? text, StopText stop, bool end, bool full, GenerationOptions options)
    {
        string shown = "";
        FinishReason? finish = end ? FinishReason.EndToken
            : full ? FinishReason.Context
            : step == options.MaxTokens - 1 ? FinishReason.Length
            : null;
        if (text is not null)
        {
            (shown, bool stopped) = stop.Append(end ? "" : text.Append(id));
            if (stopped)
            {
                return new GeneratedToken(sequence, id, shown, FinishReason.StopText);
            }

            if (finish is not null)
            {
                (string rest, stopped) = stop.Append(text.Finish());
                shown += rest + (stopped ? "" : stop.Finish());
                finish = stopped ? FinishReason.StopText : finish;
            }
        }

        return new GeneratedToken(sequence, id, shown, finish);
    }

    private static void Check(GenerationOptions o)
    {
        if (o.MaxTokens < 0 || !(o.Temperature >= 0) || o.TopK < 0 || !(o.TopP > 0 && o.TopP <= 1) || o.Seeds.Count == 0)
        {
            throw new WeirException($"Generation needs a token count, temperature and top-k of at least 0, a top-p in (0, 1] and a seed; got {o.MaxTokens}, {o.Temperature}, {o.TopK}, {o.TopP} and {o.Seeds.Count} seeds.");
        }
    }
}
