using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>Paths that end in what a head reads with, against passes one prompt at a time and whole logits.</summary>
public sealed class PatchReceiverTests
{
    private static readonly (int Layer, int Head)[] Receivers = [(1, 0), (3, 1)];

    [Theory]
    [InlineData("rms", SitePoint.Query)]
    [InlineData("rms", SitePoint.Key)]
    [InlineData("rms-sandwich", SitePoint.Value)]
    [InlineData("ln-parallel", SitePoint.Query)]
    public void AReceiverHoldsWhatItWouldReadFromTheChangedSender(string kind, SitePoint point)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make(kind, device);
        LogitDirections pi = new Unembedding(model).Centred(RecallCase.Answers);
        PathPatchingResult result = new FourPasses(
            model, RecallCase.Prompts, RecallCase.Corrupted, pi, receivers: [.. Receivers.Select(r => new PatchReceiver(new Site(point, r.Layer), r.Head))]).Run();
        bool changes = false;
        foreach (int l in (int[])[0, 1, 2])
        {
            for (int h = 0; h < RandomModel.Heads; h++)
            {
                float[] mean = Mean(model, Site.Result[l])[(h * RandomModel.Width)..((h + 1) * RandomModel.Width)];
                double[] expected = Expected(model, point, Edit.Replace(Site.Result[l], mean) with { Head = h, Positions = ^1.. });
                RecallCase.Close(expected, result.Heads[l, h], 1e-5, $"{kind} L{l}H{h}");
                changes |= expected.Zip(result.Clean).Any(p => Math.Abs(p.First - p.Second) > 1e-3);
            }

            RecallCase.Close(Expected(model, point, Edit.Replace(Site.MlpOut[l], Mean(model, Site.MlpOut[l])) with { Positions = ^1.. }), result.Mlps[l], 1e-5, $"{kind} MLP{l}");
        }

        Assert.True(changes, "no sender changes anything");
        Assert.All(Enumerable.Range(0, RandomModel.Heads), h => Assert.Equal(result.Clean, result.Heads[3, h]));
        Assert.Equal(result.Clean, result.Mlps[3]);
    }

    /// <summary>
    /// Attention frozen by what it mixes to, in the place of queries, keys and values; then the clean prompt with the receiver's
    /// residual, to see what it reads; then the clean prompt with that alone.
    /// </summary>
    private static double[] Expected(Model model, SitePoint point, Edit sender)
    {
        int[] layers = [.. Enumerable.Range(0, RandomModel.Layers)];
        return [.. RecallCase.Prompts.Select((prompt, n) =>
        {
            using ForwardResult clean = model.Forward(prompt, new HookSet().Capture([.. layers.Select(l => Site.Z[l])]));
            Edit[] frozen = [.. layers.Select(l => Edit.Replace(Site.Z[l], RecallCase.Read(model, clean[Site.Z[l]])))];
            using ForwardResult third = model.Forward(prompt, new HookSet().Edit([.. frozen, sender]).Capture([.. layers.Select(l => Site.ResidualPre[l])]));
            Edit[] put = [.. Receivers.Select(r =>
            {
                float[] residual = RecallCase.Read(model, third[Site.ResidualPre[r.Layer]])[^RandomModel.Width..];
                var site = new Site(point, r.Layer);
                using ForwardResult read = model.Forward(
                    prompt, new HookSet().Edit(Edit.Replace(Site.ResidualPre[r.Layer], residual) with { Positions = ^1.. }).Capture(site));
                float[] all = RecallCase.Read(model, read[site]);
                float[] row = all[^(all.Length / prompt.Length)..];
                return Edit.Replace(site, row[(r.Head * RandomModel.Size)..((r.Head + 1) * RandomModel.Size)]) with { Head = r.Head, Positions = ^1.. };
            })];
            using ForwardResult fourth = model.Forward(prompt, new HookSet().Edit(put));
            float[] logits = RecallCase.Read(model, fourth.Logits)[^RandomModel.Vocabulary..];
            return logits[RecallCase.Answers[n]] - logits.Average(z => (double)z);
        })];
    }

    private static float[] Mean(Model model, Site site)
    {
        float[][] rows = [.. RecallCase.Corrupted.Select(prompt =>
        {
            using ForwardResult run = model.Forward(prompt, new HookSet().Capture(site));
            float[] all = RecallCase.Read(model, run[site]);
            return all[^(all.Length / prompt.Length)..];
        })];
        return [.. rows[0].Select((_, i) => rows.Average(r => r[i]))];
    }
}
