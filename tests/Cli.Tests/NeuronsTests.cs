using System.Text.Json;
using Weir.Analysis.Neurons;
using Weir.Engine.Checkpoints;

namespace Weir.Cli.Tests;

/// <summary>weir neurons on the demo model.</summary>
public sealed class NeuronsTests
{
    private const string Country = "6.149";

    public static TheoryData<string> Verbs => ["map", "find", "show", "clamp", "diff", "edit"];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_verb_of_neurons_has_help_of_its_own(string verb)
    {
        string help = WeirRun.Succeed("neurons", verb, "--help").Output;
        Assert.StartsWith($"weir neurons {verb} ", help, StringComparison.Ordinal);
        Assert.Contains($"  weir neurons {verb}", help[help.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("--model DIR", help, StringComparison.Ordinal);
        Assert.Equal(help, WeirRun.Succeed("help", "neurons", verb).Output);
        Assert.Contains($"  {verb} ", WeirRun.Succeed("neurons", "--help").Output, StringComparison.Ordinal);
        string[] lines = WeirRun.OnTerminal(60, Rendering.ColorDepth.None, "neurons", verb, "--help").Lines;
        Assert.All(lines.TakeWhile(l => l != "Examples:"), line => Assert.True(line.Length <= 60, line));
    }

    [Fact]
    public void Neurons_alone_and_a_verb_that_it_has_not_are_refused()
    {
        Assert.Contains("map, find, show, clamp, diff, edit", WeirRun.Refuse("needs one of its verbs", "neurons"), StringComparison.Ordinal);
        WeirRun.Refuse("'weir neurons' has no verb 'maps'; did you mean map?", "neurons", "maps");
        Assert.EndsWith("did you mean --top? See 'weir neurons map --help'.", WeirRun.Refuse("There is no option '--tops'", "neurons", "map", "--tops", "3"), StringComparison.Ordinal);
        Assert.EndsWith("did you mean --matrix? See 'weir neurons find --help'.", WeirRun.Refuse("There is no option '--matrx'", "neurons", "find", "France", "--matrx", "down"), StringComparison.Ordinal);
        WeirRun.Refuse("There is no option '--foo'", "neurons", "show", "--foo");
    }

    [Fact]
    public void A_word_of_several_tokens_is_refused_with_its_tokens()
    {
        string line = WeirRun.Refuse("' California' is 7 tokens (·C = id:", "neurons", "find", "California");
        Assert.Contains("id:", line, StringComparison.Ordinal);
        WeirRun.Refuse("without its space it is one, id:", "neurons", "find", "Passage");
        WeirRun.Refuse("outside the vocabulary of 1024", "neurons", "find", "id:1024");
        WeirRun.Refuse("A word is missing", "neurons", "find");
    }

    [Theory]
    [InlineData("9.1", "layers 0 to 7 with neurons 0 to 383")]
    [InlineData("6.384", "layers 0 to 7 with neurons 0 to 383")]
    [InlineData("6", "'6' is no neuron")]
    [InlineData("6.-1", "'6.-1' is no neuron")]
    public void A_neuron_that_is_not_there_is_refused(string neuron, string expected)
    {
        WeirRun.Refuse(expected, "neurons", "show", neuron);
        WeirRun.Refuse(expected, "neurons", "clamp", neuron, "--target", "France");
    }

    [Fact]
    public void The_neuron_of_countries_is_found_and_shown()
    {
        string found = WeirRun.Succeed("neurons", "find", "France", "--matrix", "down", "--rank", "cosine", "--best", "1").Output;
        Assert.Contains(Country, found, StringComparison.Ordinal);
        Assert.Contains("down vectors, norm none, input gain off, unembedding, by cosine", found, StringComparison.Ordinal);
        Assert.Matches(@"down +1\.31 .*·Kenya ·France ·Chile", WeirRun.Succeed("neurons", "show", Country).Output);
    }

    [Fact]
    public void A_map_prints_its_variant_and_writes_an_index_that_is_read_back()
    {
        using var directory = new TemporaryDirectory();
        string output = WeirRun.Succeed(
            "neurons", "map", "--matrix", "down", "--norm", "scale", "--top", "3", "--null", "200", "--by-token", "cosine", "--exclude", "0,13", "--out", directory.Path).Output;
        Assert.Contains("down vectors, norm scale, input gain off, unembedding", output, StringComparison.Ordinal);
        using SafetensorsFile index = SafetensorsFile.Open(Path.Combine(directory.Path, "tensors.safetensors"));
        Assert.Equal("scale", index.Metadata["norm_variant"]);
        Assert.Equal([8L, 384, 3], index["top_ids"].Shape.ToArray());
        Assert.Equal([1024L, 3], index["token_neurons"].Shape.ToArray());
        long[] ids = index["top_ids"].ToInt64();
        Assert.DoesNotContain(0, ids);
        Assert.DoesNotContain(13, ids);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory.Path, "result.json")));
        JsonElement neuron = json.RootElement.GetProperty("neurons")[(6 * 384) + 149];
        Assert.Equal((6, 149), (neuron.GetProperty("l").GetInt32(), neuron.GetProperty("i").GetInt32()));
        Assert.Equal(ids[((6 * 384) + 149) * 3], neuron.GetProperty("top")[0].GetProperty("id").GetInt64());
        Assert.Contains(" Kenya", neuron.GetProperty("top")[0].GetProperty("token").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_clamp_of_up_behind_a_closed_gate_says_so_and_shows_the_product()
    {
        Outcome outcome = WeirRun.Succeed("neurons", "clamp", Country, "--target", "France", "--values", "0,8");
        Assert.Contains("where a clamp of up does nothing or the opposite", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("up held", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("product held", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_held_neuron_writes_countries()
    {
        Outcome outcome = WeirRun.Succeed(
            "neurons", "clamp", Country, "--site", "product", "--absolute", "--values", "0,40", "--target", "France", "--ask", "In the picture there is a", "--max-tokens", "4");
        Assert.Contains("40.00      In the picture there is a   Japan Japan Japan Japan", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
        Assert.Contains("others: the same values in 8 other neurons of the layer", outcome.Output, StringComparison.Ordinal);
        WeirRun.Refuse("more than the other 383 neurons", "neurons", "clamp", Country, "--target", "France", "--control", "384");
        WeirRun.Refuse("--values must be numbers", "neurons", "clamp", Country, "--target", "France", "--values", "1,x");
        WeirRun.Refuse("--target is missing", "neurons", "clamp", Country);
    }

    [Fact]
    public void A_checkpoint_agrees_with_itself()
    {
        string output = WeirRun.Succeed("neurons", "diff", WeirRun.Demo, "--null", "100").Output;
        Assert.Contains("100.0 % of 3072 neurons, random vectors of the same lengths (100) 100.0 %", output, StringComparison.Ordinal);
        Assert.Equal(output, WeirRun.Succeed("neurons", "diff", WeirRun.Demo, WeirRun.Demo, "--null", "100").Output);
        WeirRun.Refuse("other checkpoint's directory is missing", "neurons", "diff");
        WeirRun.Refuse("does not exist", "neurons", "diff", "nowhere", WeirRun.Demo);
    }

    [Fact]
    public void A_prompt_in_another_language_is_measured_like_the_prompt()
    {
        using var directory = new TemporaryDirectory();
        string texts = directory.Write("texts.txt", "12 + 7 = 19.\nThe fox is clever.\n");
        string output = WeirRun.Succeed(
            "neurons", "edit", "Japan", "--prompt", "Tokyo is the capital of", "--translation", "q=Q: Tokyo is the capital of", "--most", "1", "--rounds", "0", "--file", texts).Output;
        Assert.Matches(@"Q: Tokyo is the capital of +forward +q +·Japan", output);
        Assert.Contains("KL on the texts of --file", output, StringComparison.Ordinal);
        WeirRun.Refuse("--translation is LANG=TEXT", "neurons", "edit", "Japan", "--prompt", "Tokyo is the capital of", "--translation", "Tokio");
    }

    [Fact]
    public void An_edit_is_measured_saved_undone_and_put_on_again()
    {
        using var directory = new TemporaryDirectory();
        string[] reverse = ["--reverse", "The capital of France is"];
        string output = WeirRun.Succeed(
            ["neurons", "edit", "Japan", "--prompt", "Tokyo is the capital of", "--matrices", "down", "--out", directory.Path, .. reverse]).Output;
        Assert.Contains("vectors put back: the model is what it was, bit for bit", output, StringComparison.Ordinal);
        string file = Path.Combine(directory.Path, "patch.safetensors");
        VectorPatch patch = VectorPatch.Load(file);
        Assert.Equal("Japan", patch.Notes["concept"]);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory.Path, "result.json")));
        JsonElement trigger = json.RootElement.GetProperty("trigger")[0];
        Assert.True(trigger.GetProperty("before").GetDouble() > 0.9);
        Assert.True(trigger.GetProperty("after").GetDouble() < 0.005);
        Assert.True(json.RootElement.GetProperty("restored").GetBoolean());
        Assert.Equal(patch.Edits.Count, json.RootElement.GetProperty("edits").GetArrayLength());

        string again = WeirRun.Succeed(["neurons", "edit", "--apply", file, "--reverse", "Tokyo is the capital of", .. reverse]).Output;
        Assert.Matches(@"Tokyo is the capital of +reverse +·Japan +0\.98\d +0\.00", again);
        WeirRun.Refuse("--prompt is missing", "neurons", "edit", "Japan");
        WeirRun.Refuse("is no patch of MLP vectors", "neurons", "edit", "--apply", Path.Combine(WeirRun.Demo, "model.safetensors"));
    }
}
