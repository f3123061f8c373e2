using System.Runtime.InteropServices;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>What comes after prompts.</summary>
public static class NextToken
{
    /// <summary>Probability of a token of its own after each prompt.</summary>
    public static double[] Probabilities(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<int> tokens) =>
        [.. Read(model, prompts, tokens).TargetLogProbabilities.Select(l => Math.Exp(l))];

    /// <summary>The most probable token after each prompt.</summary>
    public static int[] Greedy(Model model, IReadOnlyList<IReadOnlyList<int>> prompts) =>
        Read(model, prompts, [.. prompts.Select(_ => 0)]).TopIds;

    private static LensResult Read(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<int> tokens)
    {
        Site last = Site.ResidualPost[model.Spec.Layers - 1];
        using ForwardResult run = model.Forward(prompts, new HookSet().Capture(last), new ForwardOptions { Logits = LogitRows.None });
        using var memory = new Arena(model.Device);
        Tensor rows = memory.Allocate(new Shape(prompts.Count, model.Spec.Width));
        model.Device.Ops.GatherRows(run[last], memory.Upload<int>([.. Enumerable.Range(0, prompts.Count).Select(s => run.Rows.Offsets[s + 1] - 1)]), rows);
        return LensReader.Read(model, [rows], new LensOptions { TopK = 1, Entropy = false, Targets = [.. tokens.Select(t => new[] { t })] });
    }
}
