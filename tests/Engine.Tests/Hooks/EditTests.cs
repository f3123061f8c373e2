using Weir.Engine.Forward;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Tests.Hooks;

/// <summary>Edits do what their formula says, exactly where they are told to.</summary>
public sealed class EditTests
{
    private const string Name = "llama3";

    [Theory, OnDevices]
    public void AddActsOnItsPositionsSequencesAndCoefficientsAlone(string device)
    {
        Model model = Fixture.Model(Name, device);
        int[][] prompts = Fixture.Prompts(Name);
        int length = prompts[0].Length;
        int d = model.Spec.Width;
        Site site = Site.ResidualPost[1];
        float[] v = [.. Enumerable.Range(0, d).Select(i => (i * 0.01f) - 0.2f)];
        float[] plain = Fixture.Captured(model, prompts, site);
        float[] edited = Fixture.Captured(model, prompts, site, new HookSet().Edit(
            Edit.Add(site, v) with { Positions = 3..^2, Sequences = [1, 0], Coefficients = [2f, -0.5f] }));
        for (int s = 0; s < 2; s++)
        {
            for (int p = 0; p < length; p++)
            {
                for (int i = 0; i < d; i++)
                {
                    int at = (((s * length) + p) * d) + i;
                    float c = p >= 3 && p < length - 2 ? (s == 1 ? 2f : -0.5f) : 0;
                    float expected = c == 0 ? plain[at] : plain[at] + (c * v[i]);
                    Assert.True(c == 0 ? edited[at].Equals(expected) : Math.Abs(edited[at] - expected) <= 1e-6f * (1 + Math.Abs(expected)), $"sequence {s}, position {p}, element {i}");
                }
            }
        }
    }

    [Theory, OnDevices]
    public void ReplaceTakesARowForEachPosition(string device)
    {
        Model model = Fixture.Model(Name, device);
        int[][] prompts = Fixture.Prompts(Name);
        Site site = Site.MlpOut[0];
        int d = model.Spec.Width;
        float[] rows = [.. Enumerable.Range(0, 2 * d).Select(i => (float)i)];
        float[] edited = Fixture.Captured(model, prompts, site, new HookSet().Edit(Edit.Replace(site, rows) with { Positions = 4..6 }));
        Assert.Equal(rows, edited[(4 * d)..(6 * d)]);
        SiteException error = Assert.Throws<SiteException>(() => Fixture.Logits(model, prompts, new HookSet().Edit(Edit.Replace(site, rows) with { Positions = 4.. })));
        Assert.Contains("values for 2 positions", error.Message, StringComparison.Ordinal);
    }

    [Theory, OnDevices]
    public void OneHeadAndItsColumnsCanBeEdited(string device)
    {
        Model model = Fixture.Model(Name, device);
        int[][] prompts = Fixture.Prompts(Name);
        int size = model.Spec.Attention.HeadSize;
        int width = model.Spec.Attention.QueryWidth;
        float[] plain = Fixture.Captured(model, prompts, Site.Z[1]);
        float[] edited = Fixture.Captured(model, prompts, Site.Z[1], new HookSet().Edit(Edit.Zero(Site.Z[1]) with { Head = 2, Columns = 1..4 }));
        for (int i = 0; i < plain.Length; i++)
        {
            int column = i % width;
            bool inside = column >= (2 * size) + 1 && column < (2 * size) + 4;
            Assert.Equal(inside ? 0f : plain[i], edited[i]);
        }
    }

    [Theory, OnDevices]
    public void ProjectOutLeavesNothingAlongTheDirection(string device)
    {
        Model model = Fixture.Model(Name, device);
        int[][] prompts = Fixture.Prompts(Name);
        int d = model.Spec.Width;
        float[] v = [.. Enumerable.Range(0, d).Select(i => (float)Math.Cos(i))];
        float[] edited = Fixture.Captured(model, prompts, Site.ResidualMid[1], new HookSet().Edit(Edit.ProjectOut(Site.ResidualMid[1], v)));
        foreach (float[] row in edited.Chunk(d))
        {
            double along = row.Zip(v).Sum(p => (double)p.First * p.Second);
            Assert.True(Math.Abs(along) < 1e-4, $"{along} is left along the direction");
        }
    }

    [Theory]
    [OnDevices("gpt2")]
    [OnDevices("pythia")]
    [OnDevices("gemma2")]
    [OnDevices("olmo2")]
    [OnDevices("opt-postnorm")]
    public void ASkippedBlockPassesItsInputOn(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int[][] prompts = Fixture.Prompts(name);
        var hooks = new HookSet().Edit(Edit.Skip(Site.ResidualPost[1])).Capture(Site.ResidualPre[1], Site.ResidualPost[1]);
        using ForwardResult run = model.Forward(prompts, hooks);
        Fixture.SameBits(Fixture.Read(model, run[Site.ResidualPre[1]]), Fixture.Read(model, run[Site.ResidualPost[1]]), "the skipped block's output");
    }

    [Theory, OnDevices]
    public void ASkippedAttentionAddsNothing(string device)
    {
        Model model = Fixture.Model(Name, device);
        int[][] prompts = Fixture.Prompts(Name);
        var hooks = new HookSet().Edit(Edit.Skip(Site.AttentionOut[1]) with { Positions = ^3.. }).Capture(Site.ResidualPre[1], Site.ResidualMid[1]);
        using ForwardResult run = model.Forward([prompts[0]], hooks);
        int d = model.Spec.Width;
        int from = (prompts[0].Length - 3) * d;
        float[] pre = Fixture.Read(model, run[Site.ResidualPre[1]]);
        float[] mid = Fixture.Read(model, run[Site.ResidualMid[1]]);
        Assert.Equal(pre[from..], mid[from..]);
        Assert.NotEqual(pre[..from], mid[..from]);
    }

    [Theory, OnDevices]
    public void AnEditOfABlocksInputDoesNotShowInTheOutputBeforeIt(string device)
    {
        Model model = Fixture.Model(Name, device);
        int[][] prompts = Fixture.Prompts(Name);
        float[] plain = Fixture.Captured(model, prompts, Site.ResidualPost[0]);
        var hooks = new HookSet().Edit(Edit.Scale(Site.ResidualPre[1], 2)).Capture(Site.ResidualPost[0], Site.ResidualPre[1]);
        using ForwardResult run = model.Forward(prompts, hooks);
        Fixture.SameBits(plain, Fixture.Read(model, run[Site.ResidualPost[0]]), "resid_post.0");
        Assert.Equal(plain.Select(x => 2 * x), Fixture.Read(model, run[Site.ResidualPre[1]]));
    }

    [Theory, OnDevices]
    public void PositionsFromTheEndCountFromTheEndOfEachPass(string device)
    {
        Model model = Fixture.Model(Name, device);
        int[] prompt = Fixture.Prompts(Name)[0];
        using var cache = new KeyValueCache(model, 1);
        var options = new ForwardOptions { Cache = cache };
        Site site = Site.ResidualPost[0];
        foreach (Range piece in (Range[])[0..9, 9..20])
        {
            int[] tokens = prompt[piece];
            using ForwardResult run = model.Forward(tokens, new HookSet().Capture(site).Edit(Edit.Replace(site, [2f]) with { Positions = ^2..^1 }), options);
            Assert.Equal([tokens.Length - 2], Enumerable.Range(0, tokens.Length).Where(i => Fixture.Read(model, run[site].RowRange(i, 1))[0].Equals(2f)));
        }
    }

    [Theory]
    [OnDevices("mistral")]
    [OnDevices("gemma2")]
    public void EditedScoresStayInsideTheWindow(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int[] prompt = Fixture.Prompts(name)[0];
        int n = prompt.Length;
        int window = model.Spec.Attention.Window(0);
        Assert.InRange(window, 1, n - 1);
        int heads = model.Spec.Attention.Heads;
        foreach (Edit edit in (Edit[])[Edit.Zero(Site.AttentionScores[0]), Edit.Scale(Site.AttentionScores[0], -0.5f), Edit.Clamp(Site.AttentionScores[0], -1, 1)])
        {
            using ForwardResult run = model.Forward(prompt, new HookSet().Capture(Site.AttentionScores[0], Site.Pattern[0]).Edit(edit));
            float[] scores = Fixture.Read(model, run.AttentionMapOf(Site.AttentionScores[0], 0));
            float[] pattern = Fixture.Read(model, run.AttentionMapOf(Site.Pattern[0], 0));
            for (int row = 0; row < heads * n; row++)
            {
                int q = row % n;
                int from = Math.Max(0, q - window + 1);
                double sum = Enumerable.Range(from, q - from + 1).Sum(k => Math.Exp(scores[(row * n) + k]));
                for (int k = 0; k < n; k++)
                {
                    double expected = k >= from && k <= q ? Math.Exp(scores[(row * n) + k]) / sum : 0;
                    Assert.Equal(expected, pattern[(row * n) + k], 1e-6);
                }
            }
        }
    }

    [Theory, OnDevices]
    public void EditsOfOneSiteActInTheirOrder(string device)
    {
        Model model = Fixture.Model(Name, device);
        int[][] prompts = Fixture.Prompts(Name);
        Site site = Site.MlpPost[0];
        float[] edited = Fixture.Captured(model, prompts, site, new HookSet().Edit(Edit.Replace(site, [3f]), Edit.Scale(site, 2), Edit.Add(site, [1f])));
        Assert.All(edited, x => Assert.Equal(7f, x));
    }

    [Theory, OnDevices]
    public void APositionRangeWithoutEndGoesOnIntoWhatIsGenerated(string device)
    {
        Model model = Fixture.Model(Name, device);
        int[] prompt = Fixture.Prompts(Name)[0];
        var seen = new List<(int Position, bool Edited)>();
        Site site = Site.ResidualPost[0];
        var hooks = new HookSet()
            .Edit(Edit.Replace(site, [0.5f]) with { Positions = (prompt.Length + 2)..(prompt.Length + 4) })
            .Tap(site, c =>
            {
                for (int i = 0; i < c.Value.Rows; i++)
                {
                    seen.Add((c.Rows.Starts[0] + i, Fixture.Read(model, c.Value.RowRange(i, 1))[0].Equals(0.5f)));
                }
            });
        Generator.Complete(model, [prompt], new GenerationOptions { MaxTokens = 6, EndTokens = [], Hooks = hooks });
        Assert.Equal(prompt.Length + 5, seen.Count);
        Assert.All(seen, s => Assert.Equal(s.Position == prompt.Length + 2 || s.Position == prompt.Length + 3, s.Edited));
    }

    public static IEnumerable<TheoryDataRow<Edit, string>> Impossible() =>
    [
        new(Edit.Add(Site.ResidualPost[0], [1f, 2f]), "vector has 2 values"),
        new(Edit.Zero(Site.ResidualPost[0]) with { Head = 0 }, "no heads"),
        new(Edit.Zero(Site.Z[0]) with { Head = 99 }, "no head 99"),
        new(Edit.Zero(Site.Z[0]) with { Columns = 0..10000 }, "columns"),
        new(Edit.Skip(Site.Z[0]), "can be skipped"),
        new(Edit.Clamp(Site.Z[0], 2, 1), "wrong order"),
        new(Edit.ProjectOut(Site.Pattern[0], [1f]), "different widths"),
        new(Edit.Zero(Site.Z[0]) with { Sequences = [7] }, "no sequence 7"),
        new(Edit.Scale(Site.Z[0], 2) with { Coefficients = [1f, 2f, 3f] }, "coefficients"),
        new(Edit.Zero(Site.Z[77]), "names layer 77"),
        new(Edit.Zero(Site.Z[0]) with { Positions = 1000.. }, "is in the batch"),
        new(Edit.Zero(Site.Z[0]) with { Sequences = [] }, "is in the batch"),
        new(Edit.Zero(Site.Pattern[0]) with { Columns = 500..600 }, "is in the batch"),
        new(Edit.Zero(Site.Z[0]) with { Sequences = [0, 0] }, "sequence twice"),
        new(Edit.Add(Site.Pattern[0], [1f, 2f]), "no rows of"),
        new(Edit.Clamp(Site.Pattern[0], 2, 1), "wrong order"),
    ];

    [Theory]
    [MemberData(nameof(Impossible))]
    public void AnEditThatCannotActIsANamedError(Edit edit, string reason)
    {
        Model model = Fixture.Model(Name);
        SiteException error = Assert.Throws<SiteException>(() => Fixture.Logits(model, Fixture.Prompts(Name), new HookSet().Edit(edit)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(edit.Site.Name, error.SiteName);
    }
}
