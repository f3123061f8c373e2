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

    /// <summary>Trap 6: in the first half of the layers a vector is shown in the embedding too, where that is a matrix of its own.</summary>
    [Fact]
    public void An_early_neuron_is_shown_in_both_bases()
    {
        using var directory = new TemporaryDirectory();
        PoisonedDemo.Copy(directory);
        string config = directory["config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", StringComparison.Ordinal));
        var writer = new SafetensorsWriter();
        using (SafetensorsFile tied = SafetensorsFile.Open(Path.Combine(WeirRun.Demo, "model.safetensors")))
        {
            foreach (TensorView tensor in tied.Tensors)
            {
                writer.Add(tensor.Name, tensor.Type, tensor.Shape, stream => stream.Write(tensor.Bytes));
            }

            TensorView embedding = tied["model.embed_tokens.weight"];
            writer.Add("lm_head.weight", embedding.Type, embedding.Shape, stream => stream.Write(embedding.Bytes));
            writer.Save(directory["model.safetensors"]);
        }

        string Show(string neuron, string model) => WeirRun.Succeed("neurons", "show", neuron, "--model", model).Output;
        string early = Show("3.1", directory.Path);
        foreach (string vector in (string[])["up", "gate", "down"])
        {
            Assert.Matches($"{vector} +\\d.*\n(.*\n)*{vector}, embedding ", early);
        }

        Assert.DoesNotContain(", embedding", Show("4.1", directory.Path), StringComparison.Ordinal);
        Assert.DoesNotContain(", embedding", Show("3.1", WeirRun.Demo), StringComparison.Ordinal);
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
        Assert.Contains("\"verb\":\"neurons map\"", index.Metadata["weir"], StringComparison.Ordinal);
        Assert.Equal(["tensors.safetensors"], Directory.GetFiles(directory.Path, "*.safetensors").Select(f => Path.GetFileName(f)));
        WeirRun.Refuse("--exclude 1024 is outside the vocabulary of 1024", "neurons", "map", "--exclude", "1024");
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
    }

    /// <summary>The model is never looked for: what is wrong shows in the command line.</summary>
    [Theory]
    [InlineData("--stream-weights leaves the weights on the disk", "edit", "Japan", "--prompt", "x", "--stream-weights")]
    [InlineData("--translation is LANG=TEXT", "edit", "Japan", "--prompt", "x", "--translation", "Tokio")]
    [InlineData("--translation is LANG=TEXT", "edit", "Japan", "--prompt", "x", "--translation", "fr=")]
    [InlineData("--translation belongs to a WORD", "edit", "--apply", "p", "--translation", "fr=x")]
    [InlineData("--rounds belongs to a WORD", "edit", "--apply", "p", "--rounds", "3")]
    [InlineData("--matrices belongs to a WORD", "edit", "--apply", "p", "--matrices", "down")]
    [InlineData("--matrices must be gate+up, gate+up+down or down", "edit", "Japan", "--prompt", "x", "--matrices", "all")]
    [InlineData("--stop is for turning vectors one by one", "edit", "Japan", "--prompt", "x", "--threshold", "0.3", "--stop", "0.1")]
    [InlineData("--most is for turning vectors one by one", "edit", "Japan", "--prompt", "x", "--threshold", "0.3", "--most", "4")]
    [InlineData("--reverse needs a value, TEXT", "edit", "Japan", "--prompt", "x", "--reverse", "")]
    [InlineData("--gain does not go with --matrix down", "find", "France", "--matrix", "down", "--gain")]
    [InlineData("--gain does not go with --matrix down", "map", "--matrix", "down", "--gain")]
    [InlineData("--values 1e39 is more than f32 holds", "clamp", Country, "--target", "France", "--values", "0,1e39")]
    [InlineData("--ask continues a text at each positive value", "clamp", Country, "--target", "France", "--values", "0,-1", "--ask", "A")]
    [InlineData("--seed draws the neurons of --control", "clamp", Country, "--target", "France", "--control", "0", "--seed", "3")]
    [InlineData("--noise belongs to the rounds", "edit", "Japan", "--prompt", "x", "--rounds", "0", "--noise", "0.2")]
    [InlineData("--max-tokens must be a whole number", "clamp", Country, "--target", "France", "--max-tokens", "0")]
    [InlineData("--control must be a whole number", "clamp", Country, "--target", "France", "--control", "x")]
    [InlineData("--inputs must be a whole number", "show", Country, "--inputs", "0")]
    [InlineData("--top must be a whole number", "show", Country, "--top", "65")]
    [InlineData("--null must be a whole number", "diff", "a", "--null", "0")]
    [InlineData("name two bases", "diff", "a", "b")]
    public void What_would_do_nothing_is_refused_before_the_model_is_loaded(string expected, params string[] args) =>
        WeirRun.Refuse(expected, ["neurons", .. args, "--model", "nowhere"]);

    [Fact]
    public void A_value_that_the_largest_activation_takes_out_of_f32_is_refused() =>
        WeirRun.Refuse("times the largest activation, 2.65, is more than f32 holds", "neurons", "clamp", Country, "--target", "France", "--values", "3e38");

    /// <summary>A gate of more than 1 takes a value near the end of f32 over it, and what follows is no number.</summary>
    [Fact]
    public void A_clamp_that_breaks_the_pass_ends_in_nulls()
    {
        using var directory = new TemporaryDirectory();
        string texts = directory.Write("texts.txt", "The capital of\nThe capital of France is\n");
        _ = WeirRun.Succeed(
            "neurons", "clamp", Country, "--absolute", "--values", "3e38", "--target", "France", "--target", "Japan", "--file", texts, "--control", "2", "--out", directory["out"]);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory["out"], "result.json")));
        JsonElement clamp = json.RootElement.GetProperty("clamps")[0], held = clamp.GetProperty("prompts")[0].GetProperty("rows")[1];
        Assert.Equal(3e38f, held.GetProperty("c").GetSingle());
        Assert.Equal(JsonValueKind.Null, held.GetProperty("p").ValueKind);
        Assert.Equal(JsonValueKind.Null, held.GetProperty("kl_nats").ValueKind);
        Assert.Equal(2, Directory.GetFiles(directory["out"], "up_curve_*.csv").Length);
        JsonElement targets = clamp.GetProperty("control")[0].GetProperty("targets");
        Assert.Equal([" France", " Japan"], targets.EnumerateArray().Select(t => t.GetProperty("token").GetString()));
        Assert.All(targets.EnumerateArray(), t => Assert.Equal(2, t.GetProperty("p").GetArrayLength()));
    }

    [Fact]
    public void A_checkpoint_with_numbers_that_are_none_is_read_and_written_with_nulls()
    {
        using TemporaryDirectory directory = new(), model = new();
        PoisonedDemo.Copy(model);
        PoisonedDemo.Poison(model, "model.layers.0.mlp.gate_proj.weight");
        PoisonedDemo.Poison(model, "model.layers.0.mlp.up_proj.weight");
        JsonElement Run(params string[] args)
        {
            _ = WeirRun.Succeed(["neurons", .. args, "--model", model.Path, "--out", directory[args[0]]]);
            return JsonDocument.Parse(File.ReadAllText(Path.Combine(directory[args[0]], "result.json"))).RootElement;
        }

        JsonElement[] neurons = [.. Run("map", "--top", "2", "--null", "16").GetProperty("neurons").EnumerateArray().Take(2)];
        Assert.Equal([JsonValueKind.Null, JsonValueKind.Number], neurons.Select(n => n.GetProperty("norm").ValueKind));
        Assert.Equal([JsonValueKind.Null, JsonValueKind.Number], neurons.Select(n => n.GetProperty("top")[0].GetProperty("s").ValueKind));
        Assert.Equal(JsonValueKind.Null, Run("show", "0.0").GetProperty("vectors")[0].GetProperty("p_none").ValueKind);
        Assert.InRange(Run("diff", WeirRun.Demo, "--null", "16").GetProperty("overall").GetDouble(), 0.99, 1);

        // A word that is given twice is looked for once, and the neuron that is no number is in no bin.
        JsonElement search = Run("find", "id:966", "France", "--null", "16").GetProperty("searches");
        Assert.Equal(1, search.GetArrayLength());
        Assert.Equal((8 * 384) - 1, search[0].GetProperty("histogram").GetProperty("counts").EnumerateArray().Sum(c => c.GetInt32()));
        Assert.All(search[0].GetProperty("histogram").GetProperty("edges").EnumerateArray(), e => Assert.Equal(JsonValueKind.Number, e.ValueKind));
    }

    /// <summary>One prompt has no interval, and a value given twice is one value.</summary>
    [Fact]
    public void A_clamp_on_one_prompt_claims_no_interval()
    {
        using var directory = new TemporaryDirectory();
        string[] lines = WeirRun.Succeed(
            "neurons", "clamp", Country, "--site", "product", "--target", "France", "--target", " France", "--values", "1,1", "--file", directory.Write("one.txt", "The capital of"), "--control", "0").Lines;
        Assert.Contains("product held: mean over 1 prompt", lines);
        Assert.Matches(@"^unchanged +\S+ +- +\d+ to \d+ +0\.000$", lines[^7]);
        Assert.Matches(@"^4\d\.\d\d +\S+ +- +\d+ to \d+ +\S+$", lines[^6]);
        Assert.Empty(lines[^5]);
    }

    /// <summary>Trap 13: what an edit costs is told by a task too, and a model that is taken apart fails it.</summary>
    [Fact]
    public void Turning_every_column_round_costs_the_task_and_is_undone()
    {
        using var directory = new TemporaryDirectory();
        Outcome outcome = WeirRun.Succeed("neurons", "edit", "Japan", "--prompt", "Tokyo is the capital of", "--matrices", "down", "--threshold", "-0.999", "--rounds", "0", "--out", directory["out"]);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory["out"], "result.json")));
        JsonElement task = json.RootElement.GetProperty("task"), kl = json.RootElement.GetProperty("kl");
        Assert.Equal(64, task.GetProperty("n").GetInt32());
        Assert.True(task.GetProperty("before").GetDouble() > 0.9);
        Assert.True(task.GetProperty("after").GetDouble() < 0.5);
        Assert.True(kl.GetProperty("median").GetDouble() > 1);
        Assert.True(json.RootElement.GetProperty("restored").GetBoolean());

        // Everything that is written is named, in the one line that comes last.
        string note = outcome.Error.TrimEnd('\n').Split('\n')[^1];
        Assert.Contains("result.json, patch.safetensors and 3 CSV files", note, StringComparison.Ordinal);
        WeirRun.Refuse("No vector's cosine is above 0.99; the largest is 0.3", "neurons", "edit", "Japan", "--prompt", "Tokyo is the capital of", "--threshold", "0.99", "--rounds", "0");
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
