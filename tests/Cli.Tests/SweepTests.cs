using System.Text.Json;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Weir.Analysis.Statistics;
using Weir.Analysis.Sweeps;
using Weir.Cli.Sweeps;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels.Cpu;

namespace Weir.Cli.Tests;

public sealed class SweepTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "weir.exe" : "weir");
    private static readonly string[] Heads = ["sweep", "The capital of France is", "The capital of Italy is", "Once upon a time there was", "--variants", "heads", "--target", " P", "--memory", "1", "--threads", "1"];

    [Fact]
    public void A_report_has_the_table_the_grid_and_every_cell()
    {
        using var directory = new TemporaryDirectory();
        string[] sweep = ["sweep", "The capital of Italy is", "--variants", "patch", "--clean", "The capital of France is", "--target", " P", "--quiet"];
        string output = WeirRun.Succeed([.. sweep, "--report", directory["r"]]).Output;
        Assert.Contains("Change of the target's log-probability, by layer and position:", output, StringComparison.Ordinal);
        Assert.Equal(output, WeirRun.Succeed(sweep).Output);
        Assert.Equal(
            ["attn_out_change.csv", "grid.csv", "mlp_out_change.csv", "report.html", "result.json", "variants.csv"],
            Directory.GetFiles(directory["r"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory["r"], "result.json")));
        Assert.Equal(48, result.RootElement.GetProperty("cells").GetArrayLength());
        Assert.Equal(9, File.ReadAllLines(Path.Combine(directory["r"], "grid.csv")).Length);
        WeirRun.Refuse("is a file", [.. sweep, "--report", Path.Combine(directory["r"], "grid.csv")]);
    }

    [Fact]
    public void Means_over_prompts_have_their_number_and_their_interval()
    {
        using var directory = new TemporaryDirectory();
        string[] sweep = ["sweep", "The capital of France is", "The capital of Italy is", "People in Japan speak", "--variants", "heads", "--target", " P"];
        string output = WeirRun.Succeed([.. sweep, "--report", directory["r"]]).Output;
        Assert.Contains("95 % bootstrap intervals over prompts", output, StringComparison.Ordinal);
        Assert.Contains("a mean over positions and prompts, the largest of later layers", string.Join(' ', output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Contains("Change of the target's log-probability, mean over 3 prompts, by layer and head:", output, StringComparison.Ordinal);
        Assert.Matches("variant +KL +d log p +low +high +attn +MLP", output);

        string[][] table = [.. File.ReadLines(Path.Combine(directory["r"], "variants.csv")).Select(l => l.Split(','))];
        Assert.Equal(table[0].Length, table[0].Distinct().Count());
        Assert.All(table[0], header => Assert.Equal(header.Trim(), header));
        string At(string header, int row) => table[row][Array.IndexOf(table[0], header)];
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory["r"], "result.json")));
        double[] kl = [.. result.RootElement.GetProperty("cells").EnumerateArray().Where(c => c.GetProperty("variant").GetString() == table[5][0])
            .Select(c => c.GetProperty("values").EnumerateArray().Single(v => v.GetProperty("name").GetString() == "output.kl.mean").GetProperty("value").GetDouble())];
        Estimate expected = Bootstrap.Mean(kl);
        Assert.Equal("3", At("n", 5));
        Assert.Equal(expected.Mean, double.Parse(At("KL", 5), CultureInfo.InvariantCulture), 1e-9);
        Assert.Equal(expected.Low, double.Parse(At("KL low", 5), CultureInfo.InvariantCulture), 1e-9);
        Assert.Equal(expected.High, double.Parse(At("KL high", 5), CultureInfo.InvariantCulture), 1e-9);
        Assert.StartsWith("layer,head 0,head 0 low,head 0 high,head 1,", File.ReadLines(Path.Combine(directory["r"], "grid.csv")).First(), StringComparison.Ordinal);
        Assert.StartsWith("variant,layer 0,layer 0 low,layer 0 high,", File.ReadLines(Path.Combine(directory["r"], "mlp_out_change.csv")).First(), StringComparison.Ordinal);

        Assert.Matches("d log p0 +d log p1 +d log p2 +attn", WeirRun.Succeed([.. sweep[..2], .. sweep[6..], "--target", " R", "--target", " B"]).Output);
        string one = WeirRun.Succeed([.. sweep[..2], .. sweep[4..]]).Output;
        Assert.Matches("variant +KL +d log p +rank +attn +at +MLP +at", one);
        Assert.DoesNotContain("low", one, StringComparison.Ordinal);
        Assert.DoesNotContain(", mean over", one, StringComparison.Ordinal);
    }

    /// <summary>At the usual width of a terminal every column that is shown is whole, whatever the sweep is of.</summary>
    [Theory]
    [InlineData("KL d log p rank attn at MLP at", "The capital of Italy is", "--variants", "heads", "--target", " P")]
    [InlineData("KL d log p0 d log p1 d logits attn MLP", "The capital of Italy is", "--variants", "heads", "--target", " P", "--target", " R")]
    [InlineData("KL d log p0 d log p1 d log p2 attn MLP", "The capital of Italy is", "--variants", "mlps", "--target", " P", "--target", " R", "--target", " B")]
    [InlineData("KL d log p rank attn at MLP at", "The capital of Italy is", "--variants", "patch", "--site", "attn_scores", "--clean", "The capital of France is", "--target", " P")]
    [InlineData("KL attn at MLP at", "The capital of Italy is")]
    [InlineData("KL low high attn MLP", "The capital of Italy is", "The capital of France is")]
    [InlineData("KL d log p low high attn MLP", "The capital of Italy is", "The capital of France is", "--variants", "heads", "--target", " P")]
    [InlineData("KL d logits low high attn MLP", "The capital of Italy is", "The capital of France is", "--variants", "heads", "--target", " P", "--target", " R")]
    public void Eighty_columns_hold_every_number(string headers, params string[] sweep)
    {
        Outcome outcome = WeirRun.OnTerminal(80, Rendering.ColorDepth.None, ["sweep", .. sweep, "--quiet"]);
        string[] lines = [.. outcome.Lines.SkipWhile(l => !l.StartsWith("variant ", StringComparison.Ordinal)).TakeWhile(l => l.Length > 0)];
        Assert.Matches($"^variant +{headers.Replace(" ", " +", StringComparison.Ordinal)}$", lines[0]);
        Assert.True(lines.Length > 8);
        string[] names = [.. lines.Skip(1).Select(l => l.Split(' ')[0])];
        Assert.Equal(names.Length, names.Distinct().Count());
        int columns = Regex.Count(headers, "(d )?(log )?[^ ]+");
        Assert.All(lines.Skip(1), l => Assert.Matches($@"^\S+( +(-?[0-9.]+(E-[0-9]+)?%?|-)){{{columns}}}$", l));
    }

    /// <summary>What a mean over prompts is where one has no number is the same in the table, the maps and their intervals: none.</summary>
    [Fact]
    public void A_prompt_without_a_number_leaves_neither_a_mean_nor_an_interval()
    {
        SweepCell Cell(int prompt, int variant, double kl, double change) =>
            new(prompt, variant, $"v{variant}", [new("output.kl.mean", -1, kl), new("mlp_out.change.mean", 1, change), new("mlp_out.change.mean", 2, 0.5)]);
        var means = new SweepMeans([Cell(0, 0, 1, 0.25), Cell(1, 0, 2, double.NaN), Cell(2, 0, 3, 0.75), Cell(0, 1, 1, 0.25), Cell(1, 1, double.NaN, 0.5), Cell(2, 1, 3, 0.75)]);
        Variant[] variants = [.. Enumerable.Range(0, 2).Select(v => new Variant($"v{v}", [Edit.Zero(Site.Z[0]) with { Head = v }]))];
        Dictionary<string, object?>[] Rows(Reports.ReportPart part)
        {
            IReadOnlyList<object?>[] lines = [.. part.Lines()];
            return [.. lines.Skip(1).Select(l => lines[0].Zip(l).ToDictionary(c => (string)c.First!, c => c.Second))];
        }

        Dictionary<string, object?>[] table = Rows(SweepSummary.Of(means, variants, 3));
        Assert.Equal([2.0, double.NaN], table.Select(r => r["KL"]));
        Assert.Equal([false, true], table.Select(r => double.IsNaN((double)r["KL low"]!)));
        Assert.Equal([false, true], table.Select(r => double.IsNaN((double)r["KL high"]!)));

        // That a later layer has no number leaves no largest change either.
        Assert.Equal([null, 0.5], table.Select(r => r["MLP max"]));

        Dictionary<string, object?>[] map = Rows(SweepSummary.Changes(means, 3, "mlp_out", ""));
        Assert.Equal([double.NaN, 0.5], map.Select(r => r["layer 1"]));
        Assert.Equal([true, false], map.Select(r => double.IsNaN((double)r["layer 1 low"]!)));
        Dictionary<string, object?> grid = Assert.Single(Rows(SweepGrid.Of(variants, means, null)!.ToPart()));
        Assert.Equal((2, double.NaN), ((double)grid["head 0"]!, (double)grid["head 1"]!));
        Assert.Equal((false, true), (double.IsNaN((double)grid["head 0 low"]!), double.IsNaN((double)grid["head 1 low"]!)));
    }

    /// <summary>That a part that is left out adds nothing is no finding: what is later counts.</summary>
    [Fact]
    public void What_a_variant_changes_itself_is_not_its_largest_change()
    {
        foreach ((string variants, int column, int each) in (ReadOnlySpan<(string, int, int)>)[("attention", 3, 1), ("heads", 3, 4), ("mlps", 1, 1)])
        {
            using var directory = new TemporaryDirectory();
            _ = WeirRun.Succeed("sweep", WeirRun.Prompt, "--variants", variants, "--report", directory["r"]);
            string[][] rows = [.. File.ReadLines(Path.Combine(directory["r"], "variants.csv")).Skip(1).Select(l => l.Split(','))];
            Assert.Equal(8 * each, rows.Length);
            for (int r = 0; r < rows.Length; r++)
            {
                string at = rows[r][^column];
                Assert.True(r >= 7 * each ? at.Length == 0 : int.Parse(at, CultureInfo.InvariantCulture) > r / each, $"{rows[r][0]} has its own layer, {at}");
            }
        }
    }

    [Fact]
    public void Variants_of_one_place_have_no_grid()
    {
        Variant Skip(string name, int layer, int position) => new(name, [Edit.Skip(Site.ResidualPost[layer]) with { Positions = position..(position + 1) }]);
        SweepCell Cell(int variant, string name, double value) => new(0, variant, name, [new SweepValue("output.kl.mean", -1, value)]);
        var means = new SweepMeans([Cell(0, "a", 1), Cell(1, "b", 2)]);
        Assert.NotNull(SweepGrid.Of([Skip("a", 0, 3), Skip("b", 1, 3)], means, null));
        Assert.Null(SweepGrid.Of([Skip("a", 0, 3), Skip("b", 0, 3)], means, null));
    }

    /// <summary>The model is never looked for: what is wrong shows in the command line.</summary>
    [Theory]
    [InlineData("--site belongs to --variants patch", "--site", "z")]
    [InlineData("--all-positions belongs to --variants patch", "--all-positions")]
    [InlineData("--clean belongs to --variants patch", "--clean", "x", "--variants", "heads")]
    [InlineData("--at does not go with --variants patch", "--variants", "patch", "--clean", "x", "--at", "1..")]
    [InlineData("--variants patch needs --clean", "--variants", "patch")]
    [InlineData("--resume goes on with the file of --out", "--resume")]
    [InlineData("--npz needs a file", "--npz", "-")]
    [InlineData("--out needs a file", "--out", "-")]
    [InlineData("--target needs a value", "--target", "")]
    public void What_would_do_nothing_is_refused_before_the_model_is_loaded(string expected, params string[] options) =>
        WeirRun.Refuse(expected, ["sweep", WeirRun.Prompt, .. options, "--model", "nowhere"]);

    [Fact]
    public void What_measures_or_writes_nothing_is_refused_before_the_sweep()
    {
        WeirRun.Refuse("--measure names no position of a prompt of 6 tokens", "sweep", WeirRun.Prompt, "--measure", "9..");
        WeirRun.Refuse("needs the file to make and at least one part", "sweep", "merge");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A directory that takes no files is Linux's.");
        Outcome outcome = WeirRun.Run("sweep", WeirRun.Prompt, "--report", "/proc/x");
        WeirRun.Refused(outcome, "--report /proc/x cannot be written");
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Patching_shows_where_the_country_is()
    {
        Outcome outcome = WeirRun.Succeed("sweep", "The capital of Italy is", "--variants", "patch", "--clean", "The capital of France is", "--target", " P", "--target", " R", "--csv", "-");
        var change = outcome.Lines.Select(l => l.Split(',')).Where(f => f[3] == "logit_difference_change")
            .ToDictionary(f => f[2], f => double.Parse(f[5], CultureInfo.InvariantCulture));
        Assert.True(change["blocks.0.hook_resid_pre@4"] > 20, "the country itself");
        Assert.True(change["blocks.7.hook_resid_pre@5"] > 20, "the last position in the last block");
        Assert.Equal(0, change["blocks.0.hook_resid_pre@5"]);
        Assert.InRange(change["blocks.7.hook_resid_pre@4"], -1, 1);
    }

    [Fact]
    public void Patches_stand_in_a_grid_of_layers_and_positions_or_heads()
    {
        string[] patch = ["sweep", "The capital of Italy is", "--variants", "patch", "--clean", "The capital of France is", "--target", " P", "--target", " R"];
        string[] lines = WeirRun.Succeed(patch).Lines;
        int title = Array.FindIndex(lines, l => l.StartsWith("Change of the logit difference, by layer and position", StringComparison.Ordinal));
        Assert.Contains("4 ·Italy", lines[title + 1], StringComparison.Ordinal);
        Assert.Equal(8, lines.Length - title - 2);
        string[] layer0 = lines[title + 2].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(double.Parse(layer0[5], CultureInfo.InvariantCulture) > 20);
        Assert.Equal(0, double.Parse(layer0[6], CultureInfo.InvariantCulture), 0.1);

        lines = WeirRun.Succeed([.. patch, "--site", "pattern", "--all-positions"]).Lines;
        title = Array.FindIndex(lines, l => l.StartsWith("Change of the logit difference, by layer and head", StringComparison.Ordinal));
        Assert.Equal(["0", "1", "2", "3"], lines[title + 1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("by layer", WeirRun.Succeed("sweep", "The capital of Italy is").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Patching_everything_with_itself_changes_nothing()
    {
        foreach (string site in (string[])["resid_mid", "attn_out", "mlp_out", "z", "q", "k", "v", "pattern", "attn_scores"])
        {
            Outcome outcome = WeirRun.Succeed("sweep", WeirRun.Prompt, "--variants", "patch", "--clean", WeirRun.Prompt, "--site", site, "--all-positions", "--csv", "-");
            Assert.All(outcome.Lines.Skip(1).Select(l => l.Split(',')).Where(f => f[3].StartsWith("output.", StringComparison.Ordinal)), f => Assert.Equal("0", f[5]));
        }
    }

    [Fact]
    public void The_plan_runs_nothing()
    {
        using var directory = new TemporaryDirectory();
        Outcome outcome = WeirRun.Succeed("sweep", WeirRun.Prompt, "--out", directory["a.db"], "--plan");
        Assert.Contains("GFLOP", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(directory.Files);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Files_are_refused_where_they_do_not_fit()
    {
        using var directory = new TemporaryDirectory();
        _ = WeirRun.Succeed("sweep", WeirRun.Prompt, "--out", directory["a.db"]);
        WeirRun.Refuse("--resume", "sweep", WeirRun.Prompt, "--out", directory["a.db"]);
        WeirRun.Refuse("another sweep", "sweep", "Another prompt", "--out", directory["a.db"], "--resume");
        string[] patch = ["sweep", WeirRun.Prompt, "--variants", "patch", "--out", directory["p.db"], "--clean"];
        _ = WeirRun.Succeed([.. patch, "The capital of Italy is"]);
        WeirRun.Refuse("another sweep", [.. patch, "The capital of Spain is", "--resume"]);
        WeirRun.Refuse("clean is '", [.. patch, "The capital of Spain is", "--resume"]);
        WeirRun.Refuse("not a sweep file", "sweep", WeirRun.Prompt, "--out", directory.Write("b.db", new string('x', 5000)), "--resume");
        WeirRun.Refuse("--clean", "sweep", WeirRun.Prompt, "--variants", "patch");
        WeirRun.Refuse("as many in both", "sweep", WeirRun.Prompt, "--variants", "patch", "--clean", "Short");
        WeirRun.Refuse("--shard", "sweep", WeirRun.Prompt, "--shard", "4/4");
        WeirRun.Refuse("exists", "sweep", "merge", directory["a.db"], directory["a.db"]);
        WeirRun.Refuse("does not exist", "sweep", "merge", directory["c.db"], directory["none.db"]);
    }

    /// <summary>Threads change no bit, so machines with more of them may take parts; other vectors may.</summary>
    [Fact]
    public void Parts_of_machines_with_other_numbers_of_threads_are_one_sweep()
    {
        using var directory = new TemporaryDirectory();
        string[] sweep = ["sweep", WeirRun.Prompt, "--out"];
        _ = WeirRun.Succeed([.. sweep, directory["whole.db"], "--vector-bits", "128"]);
        _ = WeirRun.Succeed([.. sweep, directory["a.db"], "--vector-bits", "128", "--threads", "1", "--shard", "0/2"]);
        _ = WeirRun.Succeed([.. sweep, directory["b.db"], "--vector-bits", "128", "--threads", "2", "--shard", "1/2"]);
        _ = WeirRun.Succeed("sweep", "merge", directory["ab.db"], directory["a.db"], directory["b.db"]);
        using SweepFile whole = SweepFile.Open(directory["whole.db"]), merged = SweepFile.Open(directory["ab.db"]);
        Assert.Equal(whole.Cells().SelectMany(c => c.Values), merged.Cells().SelectMany(c => c.Values));
        if (CpuDevice.VectorWidths is [var widest, _, ..])
        {
            _ = WeirRun.Succeed([.. sweep, directory["c.db"], "--vector-bits", $"{widest}", "--shard", "1/2"]);
            WeirRun.Refuse("device is 'CPU", "sweep", "merge", directory["ac.db"], directory["a.db"], directory["c.db"]);
        }
    }

    [Fact]
    public void What_is_exported_is_what_was_measured()
    {
        using var directory = new TemporaryDirectory();
        _ = WeirRun.Succeed([.. Heads, "--out", directory["a.db"], "--csv", directory["a.csv"], "--npz", directory["a.npz"]]);
        using SweepFile file = SweepFile.Open(directory["a.db"]);
        Assert.Equal(1 + file.Cells().Sum(c => c.Values.Count), File.ReadAllLines(directory["a.csv"]).Length);
        Assert.True(new FileInfo(directory["a.npz"]).Length > 1000);
    }

    /// <summary>Killed again and again, wherever it may be: no cell is lost, none is there twice, and each has its values.</summary>
    [Fact]
    public async Task A_killed_sweep_goes_on_where_it_was()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are Unix's.");
        using var directory = new TemporaryDirectory();
        _ = WeirRun.Succeed([.. Heads, "--out", directory["whole.db"], "--quiet"]);
        var random = new Random(3);
        int kills = 0;
        for (int run = 0; run < 8; run++)
        {
            using Process process = Start([.. Heads, "--out", directory["killed.db"], "--resume", "--quiet"]);
            if (run < 7 && !process.WaitForExit(random.Next(150, 900)))
            {
                process.Kill(entireProcessTree: true);
                kills++;
            }

            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.True(kills > 0, "the sweep is too quick to be killed");
        Assert.Equal(Cells(directory["whole.db"]), Cells(directory["killed.db"]));
    }

    [Fact]
    public async Task Four_processes_make_one_sweep()
    {
        using var directory = new TemporaryDirectory();
        _ = WeirRun.Succeed([.. Heads, "--out", directory["whole.db"], "--quiet"]);
        Process[] parts = [.. Enumerable.Range(0, 4).Select(i => Start([.. Heads, "--out", directory[$"{i}.db"], "--shard", $"{i}/4", "--quiet"]))];
        foreach (Process part in parts)
        {
            await part.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, part.ExitCode);
            part.Dispose();
        }

        Outcome merged = WeirRun.Succeed("sweep", "merge", directory["merged.db"], directory["0.db"], directory["1.db"], directory["2.db"], directory["3.db"]);
        Assert.DoesNotContain("no part", merged.Output, StringComparison.Ordinal);
        Assert.Equal(Cells(directory["whole.db"]), Cells(directory["merged.db"]));
        Assert.Contains("no part", WeirRun.Succeed("sweep", "merge", directory["some.db"], directory["0.db"], directory["2.db"]).Output, StringComparison.Ordinal);
    }

    private static Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static string[] Cells(string path)
    {
        using SweepFile file = SweepFile.Open(path);
        return [.. file.Cells().SelectMany(c => c.Values.Select(v => $"{c.Prompt} {c.Variant} {v.Name} {v.Layer} {v.Value:R}"))];
    }
}
