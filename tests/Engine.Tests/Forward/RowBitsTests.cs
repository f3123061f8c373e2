using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;
using Weir.Kernels.Cpu;

namespace Weir.Engine.Tests.Forward;

/// <summary>A row's bits depend on nothing but its own sequence.</summary>
public sealed class RowBitsTests
{
    public static IEnumerable<TheoryDataRow<string, int>> Cases() =>
        Fixture.Names.SelectMany(name => CpuDevice.VectorWidths.Select(bits => new TheoryDataRow<string, int>(name, bits)));

    [Theory]
    [MemberData(nameof(Cases))]
    public void NotOnTheBatchNorOnThreadsNorOnOtherCaptures(string name, int vectorBits)
    {
        int[][] prompts = Fixture.Prompts(name);
        int[] longer = prompts[0];
        int[] shorter = prompts[1][..7];
        float[]? logits = null;
        float[]? residual = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var device = new CpuDevice(threads, vectorBits);
            using Model model = Model.Load(Fixture.Location(name), new LoadOptions { Device = device });
            Site site = Site.ResidualPost[1];
            foreach (int[][] batch in (int[][][])[[longer], [shorter, longer], [longer, shorter, shorter], [shorter, [5], longer, prompts[1]]])
            {
                int at = Array.IndexOf(batch, longer);
                var hooks = new HookSet().Capture(site);
                if (batch.Length % 2 == 0)
                {
                    hooks.Capture(Site.Pattern.AllLayers, Site.Z.AllLayers, Site.MlpPost.AllLayers);
                }

                using ForwardResult run = model.Forward(batch, hooks);
                int first = run.Rows.Offsets[at];
                float[] ours = Fixture.Read(model, run.Logits.RowRange(first, longer.Length));
                float[] state = Fixture.Read(model, run[site].RowRange(first, longer.Length));
                logits ??= ours;
                residual ??= state;
                string what = $"{name}, {vectorBits} bits, {threads} threads, batch of {batch.Length}";
                Fixture.SameBits(logits, ours, what + ", logits");
                Fixture.SameBits(residual, state, what + ", residual");
            }
        }
    }

    public static IEnumerable<TheoryDataRow<string, string>> OnCuda() =>
    [
        new("llama3", TestDevices.F32), new("gemma2", TestDevices.F32), .. TestDevices.Stored.SelectMany(d => (TheoryDataRow<string, string>[])[new("qwen2", d), new("pythia", d)]),
    ];

    [Theory]
    [MemberData(nameof(OnCuda))]
    public void NotOnTheBatchNorOnTheOrderOfThreads(string name, string deviceName)
    {
        int[] longer = Fixture.Prompts(name)[0][..11];
        int[] shorter = Fixture.Prompts(name)[1][..7];
        float[]? logits = null;
        foreach ((int seed, int[][] batch) in ((int, int[][])[])[(1, [longer]), (1, [shorter, longer, [5]]), (2, [longer, shorter])])
        {
            using IDevice device = TestDevices.Open(deviceName, seed);
            using Model model = Model.Load(Fixture.Location(name), new LoadOptions { Device = device });
            using ForwardResult run = model.Forward(batch);
            float[] ours = Fixture.Read(model, run.Logits.RowRange(run.Rows.Offsets[Array.IndexOf(batch, longer)], longer.Length));
            logits ??= ours;
            Fixture.SameBits(logits, ours, $"{name} in a batch of {batch.Length}, seed {seed}");
        }
    }

    [Theory]
    [OnDevices("gpt2")]
    [OnDevices("mistral")]
    [OnDevices("gemma2")]
    public void NotOnWhetherItWasPrefilledAtOnceOrInPieces(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int[] prompt = Fixture.Prompts(name)[0];
        float[] whole = Fixture.Logits(model, [prompt]);
        using var cache = new KeyValueCache(model, 1);
        var options = new ForwardOptions { Cache = cache };
        var pieces = new List<float>();
        foreach (Range piece in (Range[])[0..5, 5..6, 6..7, 7..20, 20..prompt.Length])
        {
            using ForwardResult run = model.Forward(prompt[piece], null, options);
            pieces.AddRange(Fixture.Read(model, run.Logits));
        }

        Fixture.SameBits(whole, [.. pieces], name);
        Assert.Equal(prompt.Length, cache.Lengths[0]);
    }

    [Theory, OnDevices]
    public void NotOnWhetherOnlyTheLastLogitsAreAsked(string device)
    {
        Model model = Fixture.Model("qwen3", device);
        int[][] prompts = [Fixture.Prompts("qwen3")[0], Fixture.Prompts("qwen3")[1][..9]];
        int v = model.Spec.VocabularySize;
        float[] all = Fixture.Logits(model, prompts);
        using ForwardResult last = model.Forward(prompts, null, new ForwardOptions { Logits = LogitRows.Last });
        float[] ours = Fixture.Read(model, last.Logits);
        Fixture.SameBits(all[((prompts[0].Length - 1) * v)..(prompts[0].Length * v)], ours[..v], "first sequence");
        Fixture.SameBits(all[^v..], ours[v..], "second sequence");
    }
}
