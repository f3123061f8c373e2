using Weir.Engine.Tokenizers;
using Weir.Kernels;

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
        Check(model, options);
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
        using var state = new DecodeState(model, prompts, options);
        for (int step = 0; step < options.MaxTokens && done.Contains(false); step++)
        {
            int[] tokens = state.Next(done, step);
            for (int s = 0; s < prompts.Count; s++)
            {
                if (done[s])
                {
                    continue;
                }

                GeneratedToken token = Step(s, tokens[s], step, texts[s], stops[s], ends.Contains(tokens[s]), state.IsFull(s), options);
                done[s] = token.Finish is not null;
                yield return token;
            }
        }
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

    private static void Check(Model model, GenerationOptions o)
    {
        if (o.Stop.Count > 0 && !model.HasTokenizer)
        {
            throw new WeirException($"Stop texts need a tokenizer, and {model.Location} has no tokenizer.json; stop at token ids with EndTokens instead.");
        }

        if (o.Hooks.Captures.Count > 0)
        {
            throw new WeirException($"{o.Hooks.Captures[0].Name} cannot be captured while generating, since no step's values outlive it; read it with a tap, or run the whole text once with Forward.");
        }

        if (o.MaxTokens < 0 || !(o.Temperature >= 0) || o.TopK < 0 || !(o.TopP > 0 && o.TopP <= 1) || o.Seeds.Count == 0)
        {
            throw new WeirException($"Generation needs a token count, temperature and top-k of at least 0, a top-p in (0, 1] and a seed; got {o.MaxTokens}, {o.Temperature}, {o.TopK}, {o.TopP} and {o.Seeds.Count} seeds.");
        }
    }
}
