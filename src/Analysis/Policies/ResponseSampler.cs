using Weir.Engine;
using Weir.Engine.Generation;

namespace Weir.Analysis.Policies;

/// <summary>Answers that the model itself gives: always its full policy, whichever layer's is looked at afterwards.</summary>
public static class ResponseSampler
{
    /// <summary>Draws answers, those of a prompt together.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids of each prompt.</param>
    /// <param name="options">How.</param>
    public static IReadOnlyList<PolicySample> Draw(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, ResponseOptions? options = null)
    {
        options ??= new ResponseOptions();
        IReadOnlyList<int>[] all = [.. prompts.SelectMany(p => Enumerable.Repeat(p, options.Samples))];
        var samples = new List<PolicySample>(all.Length);
        foreach (IReadOnlyList<int>[] batch in all.Chunk(options.Batch))
        {
            long seed = unchecked(options.Seed + samples.Count);
            IReadOnlyList<int[]> answers = Generator.Complete(model, batch, new GenerationOptions
            {
                MaxTokens = options.MaxTokens,
                Temperature = options.Temperature,
                TopP = options.TopP,
                Seeds = [.. batch.Select((_, i) => unchecked(seed + i))],

                // Told of every step, so that a batch can be stopped; how long an answer becomes is not known.
                Progress = options.Progress is { } progress ? new PartOfProgress(progress, (double)samples.Count / all.Length, 0) : null,
            });
            samples.AddRange(batch.Zip(answers, (prompt, answer) => new PolicySample(prompt, answer)));
        }

        options.Progress?.Report(1);
        return samples;
    }
}
