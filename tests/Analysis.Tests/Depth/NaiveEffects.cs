using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Depth;

/// <summary>One whole pass for each thing that is left out, compared row by row: what the wave must give, bit for bit.</summary>
internal static class NaiveEffects
{
    /// <summary>Effects [layer][position] of edits, and |p - p'| of each position.</summary>
    public static (double[][] Layers, double[] Outputs) Of(Model model, int[] prompt, params Edit[] edits)
    {
        HookSet Hooks() => new HookSet().Capture(Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers);
        using ForwardResult clean = model.Forward(prompt, Hooks());
        using ForwardResult changed = model.Forward(prompt, Hooks().Edit(edits));
        using var memory = new Arena(model.Device);
        Tensor a = memory.Allocate(new Shape(prompt.Length, model.Spec.Width)), b = memory.Allocate(a.Shape);
        Tensor statistics = memory.Allocate(new Shape(prompt.Length, 4));
        double[][] layers = [.. Enumerable.Range(0, model.Spec.Layers).Select(l =>
        {
            model.Device.Ops.Add(clean[Site.AttentionOut[l]], clean[Site.MlpOut[l]], a);
            model.Device.Ops.Add(changed[Site.AttentionOut[l]], changed[Site.MlpOut[l]], b);
            model.Device.Ops.CompareRows(a, b, statistics);
            float[] s = Read(model, statistics);
            return Enumerable.Range(0, prompt.Length).Select(p => (double)(float)(Math.Sqrt(s[(p * 4) + 3]) / Math.Max(Math.Sqrt(s[p * 4]), 1e-6))).ToArray();
        })];
        model.Device.Ops.CompareDistributions(clean.Logits, changed.Logits, statistics);
        float[] distances = Read(model, statistics);
        return (layers, [.. Enumerable.Range(0, prompt.Length).Select(p => (double)distances[(p * 4) + 2])]);
    }

    public static float[] Read(Model model, Tensor tensor)
    {
        return model.Device.Read<float>(tensor);
    }

    /// <summary>A captured site's values.</summary>
    public static float[] Captured(Model model, int[] prompt, Site site, params Edit[] edits)
    {
        using ForwardResult run = model.Forward(prompt, new HookSet().Capture(site).Edit(edits), new ForwardOptions { Logits = LogitRows.None });
        return Read(model, run[site]);
    }
}
