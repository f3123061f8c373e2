using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Tests.Hooks;

/// <summary>Rows of attention maps put in from elsewhere, position by position and head by head.</summary>
public sealed class MapEditTests
{
    private static readonly int[] Clean = [5, 9, 14, 30, 7], Corrupted = [5, 9, 77, 31, 8];

    [Theory]
    [OnDevices("gpt2")]
    [OnDevices("llama3")]
    [OnDevices("mistral")]
    [OnDevices("gemma2")]
    public void AHeadTakesTheRowsOfAnotherRun(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int n = Clean.Length, heads = model.Spec.Attention.Heads;
        foreach (LayeredSite site in (LayeredSite[])[Site.Pattern, Site.AttentionScores])
        {
            float[] clean = Map(model, Clean, site[1], []), corrupted = Map(model, Corrupted, site[1], []);
            Assert.NotEqual(clean, corrupted);

            // All heads, one head, one position of one head, the last keys of one position of all heads.
            Edit whole = Edit.Replace(site[1], clean) with { Positions = ..n };
            Assert.Equal(clean, Map(model, Corrupted, site[1], [whole]));
            Edit one = Edit.Replace(site[1], clean[(n * n)..(2 * n * n)]) with { Head = 1, Positions = ..n };
            Assert.Equal([.. corrupted[..(n * n)], .. clean[(n * n)..(2 * n * n)], .. corrupted[(2 * n * n)..]], Map(model, Corrupted, site[1], [one]));
            Edit row = Edit.Replace(site[1], clean[^n..]) with { Head = heads - 1, Positions = ^1.. };
            Assert.Equal([.. corrupted[..^n], .. clean[^n..]], Map(model, Corrupted, site[1], [row]));
            float[] put = [.. Enumerable.Range(0, 2 * heads).Select(i => 0.01f * i)];
            float[] expected = [.. corrupted];
            for (int h = 0; h < heads; h++)
            {
                put.AsSpan(2 * h, 2).CopyTo(expected.AsSpan((h * n * n) + (n * n) - 2));
            }

            Assert.Equal(expected, Map(model, Corrupted, site[1], [Edit.Replace(site[1], put) with { Positions = ^1.., Columns = ^2.. }]));
        }
    }

    [Theory]
    [OnDevices("llama3")]
    public void WhatIsAddedIsAddedRowByRow(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int n = Corrupted.Length;
        float[] plain = Map(model, Corrupted, Site.Pattern[0], []);
        float[] added = [.. Enumerable.Range(0, 2 * n).Select(i => 0.125f * i)];
        float[] changed = Map(model, Corrupted, Site.Pattern[0], [Edit.Add(Site.Pattern[0], added, 2) with { Head = 0, Positions = 1..3 }]);
        for (int i = 0; i < plain.Length; i++)
        {
            Assert.Equal(plain[i] + (i >= n && i < 3 * n ? 2 * added[i - n] : 0), changed[i], 1e-6);
        }
    }

    [Fact]
    public void SequencesOfDifferentLengthsTakeTheirOwnRows()
    {
        Model model = Fixture.Model("gpt2");
        int[][] prompts = [Corrupted, [20, 21, 22], Clean];
        float[] rows = Map(model, Clean, Site.Pattern[1], []), shorter = Map(model, [3, 21, 4], Site.Pattern[1], []);
        using ForwardResult run = model.Forward(prompts, new HookSet().Capture(Site.Pattern[1], Site.ResidualPost[1]).Edit(
            Edit.Replace(Site.Pattern[1], rows) with { Sequences = [0], Positions = ..5 },
            Edit.Replace(Site.Pattern[1], shorter) with { Sequences = [1], Positions = ..3 }));
        Assert.Equal(rows, Fixture.Read(model, run.AttentionMapOf(Site.Pattern[1], 0)));
        Assert.Equal(shorter, Fixture.Read(model, run.AttentionMapOf(Site.Pattern[1], 1)));
        Assert.Equal(rows, Fixture.Read(model, run.AttentionMapOf(Site.Pattern[1], 2)));
        float[] single = Fixture.Captured(model, [[20, 21, 22]], Site.ResidualPost[1], new HookSet().Edit(Edit.Replace(Site.Pattern[1], shorter) with { Positions = ..3 }));
        Assert.Equal(single, Fixture.Read(model, run[Site.ResidualPost[1]].RowRange(5, 3)));
    }

    [Fact]
    public void OwnRowsChangeNoBit()
    {
        Model model = Fixture.Model("mistral");
        float[] rows = Map(model, Clean, Site.Pattern[0], []);
        Assert.Equal(
            Fixture.Logits(model, [Clean]),
            Fixture.Logits(model, [Clean], new HookSet().Edit(Edit.Replace(Site.Pattern[0], rows) with { Positions = ..Clean.Length })));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(75)]
    public void OtherNumbersOfValuesAreRefused(int count)
    {
        Model model = Fixture.Model("gpt2");
        SiteException error = Assert.Throws<SiteException>(() => model.Forward(Clean, new HookSet().Edit(Edit.Replace(Site.Pattern[0], new float[count]))));
        Assert.Contains("no rows of 5 keys for 5 positions", error.Message, StringComparison.Ordinal);
    }

    private static float[] Map(Model model, int[] prompt, Site site, Edit[] edits)
    {
        using ForwardResult run = model.Forward(prompt, new HookSet().Capture(site).Edit(edits));
        return Fixture.Read(model, run.AttentionMapOf(site, 0));
    }
}
