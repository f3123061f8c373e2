using System.Text.Json;
using Weir.Cli.Rendering;
using Weir.Engine.Checkpoints;

namespace Weir.Cli.Tests;

public class PolicyTests
{
    private const string Answers = """
        {"prompt": "The capital of France is", "response": " Paris."}
        {"prompt": "12 + 7 =", "response": " 19.", "source": "sums"}
        """;

    [Fact]
    public void Given_answers_give_every_file()
    {
        using var directory = new TemporaryDirectory();
        string output = directory["out"];
        Outcome outcome = WeirRun.Succeed("policy", "--responses", directory.Write("answers.jsonl", Answers), "--out", output);
        Assert.Contains("2 answers to 2 prompts, 3", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("6.931", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("Boundary layer,", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(
            ["answers.csv", "changes.csv", "cosines.csv", "dH_attention.csv", "dH_ffn.csv", "entropies.csv", "entropy_flow.csv", "kl.csv", "outputs.csv", "report.html", "result.json", "tensors.safetensors"],
            Directory.EnumerateFiles(output).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "result.json")));
        JsonElement root = json.RootElement;
        Assert.Equal(2, root.GetProperty("n").GetInt32());
        Assert.Equal(Math.Log(1024), root.GetProperty("H_ceiling").GetDouble(), 5);
        int boundary = root.GetProperty("boundary_layer").GetInt32();
        Assert.Equal(boundary - 1, root.GetProperty("boundary_layer_0based").GetInt32());
        JsonElement[] layers = [.. root.GetProperty("layers").EnumerateArray()];
        Assert.Equal(8, layers.Length);
        Assert.Equal((3, 2), (layers[2].GetProperty("layer_1based").GetInt32(), layers[2].GetProperty("layer_0based").GetInt32()));
        Assert.Equal(boundary, Array.FindLastIndex(layers, l => l.GetProperty("dH_ffn").GetDouble() > 0) + 1);
        foreach (string name in (string[])["H_layer", "H_attn", "H_ffn", "dH_layer", "dH_attn", "dH_ffn", "cos_attn", "cos_ffn", "kl_layer", "topk_overlap"])
        {
            Assert.All(layers, l => Assert.InRange(l.GetProperty(name).GetDouble(), l.GetProperty($"{name}_low").GetDouble(), l.GetProperty($"{name}_high").GetDouble()));
        }

        Assert.Equal(" Paris.", root.GetProperty("samples")[0].GetProperty("response").GetString());
        using SafetensorsFile tensors = SafetensorsFile.Open(Path.Combine(output, "tensors.safetensors"));
        Assert.Equal([2L, 8L], tensors["dH_ffn"].Shape.ToArray());
        Assert.Equal(layers[7].GetProperty("dH_ffn").GetDouble(), (tensors["dH_ffn"].ToFloat32()[7] + tensors["dH_ffn"].ToFloat32()[15]) / 2, 4);
    }

    [Fact]
    public void Answers_are_drawn_and_the_same_seed_draws_the_same()
    {
        string[] Arguments(string seed) => ["policy", "12 + 7 =", "--samples", "3", "--max-tokens", "6", "--seed", seed];
        string first = WeirRun.Succeed(Arguments("1")).Output;
        Assert.Contains("3 answers to 1 prompt, ", first, StringComparison.Ordinal);
        Assert.Equal(first, WeirRun.Succeed(Arguments("1")).Output);
        Assert.NotEqual(first, WeirRun.Succeed(Arguments("9")).Output);
    }

    [Fact]
    public void A_prompt_comes_from_a_pipe()
    {
        string[] options = ["--samples", "1", "--max-tokens", "4", "--temperature", "0"];
        Outcome piped = WeirRun.With(new TerminalSettings(), "12 + 7 =\n", ["policy", "-", .. options]);
        Assert.Equal(0, piped.Code);
        Assert.Equal(WeirRun.Succeed(["policy", "12 + 7 =", .. options]).Output, piped.Output);
        Assert.DoesNotContain('\e', piped.Output);
    }

    [Fact]
    public void One_answer_has_no_interval()
    {
        using var directory = new TemporaryDirectory();
        string output = directory["out"];
        WeirRun.Succeed("policy", "12 + 7 =", "--samples", "1", "--max-tokens", "4", "--norm", "recomputed", "--positions", "predicting", "--out", output);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "result.json")));
        JsonElement last = json.RootElement.GetProperty("layers")[7];
        Assert.Equal(JsonValueKind.Null, last.GetProperty("H_layer_low").ValueKind);
        Assert.Equal(0, last.GetProperty("kl_layer").GetDouble());
        Assert.Equal(json.RootElement.GetProperty("entropy_final").GetDouble(), last.GetProperty("H_layer").GetDouble());
    }

    [Theory]
    [InlineData("A PROMPT is missing")]
    [InlineData("--norm must be none, recomputed or cached-scale, not 'final'", "x", "--norm", "final")]
    [InlineData("--samples must be a whole number", "x", "--samples", "0")]
    [InlineData("--policy-temperature must be a number above 0", "x", "--policy-temperature", "0")]
    [InlineData("--top-p must be", "x", "--top-p", "2")]
    [InlineData("--positions must be response or predicting", "x", "--positions", "all")]
    [InlineData("does not exist", "--responses", "/nowhere.jsonl")]
    [InlineData("is a file", "x", "--out", "/etc/hosts")]
    public void Wrong_input_is_refused(string expected, params string[] arguments) => WeirRun.Refuse(expected, ["policy", .. arguments]);

    [Theory]
    [InlineData("line 2 of", "{\"prompt\": \"a\", \"response\": \"b\"}\nnot JSON")]
    [InlineData("has no text \"response\"", "{\"prompt\": \"a\"}")]
    [InlineData("has no text \"prompt\"", "{\"prompt\": 3, \"response\": \"b\"}")]
    [InlineData("has no text \"response\"", "{\"prompt\": \"a\", \"response\": \"\"}")]
    [InlineData("has no text \"prompt\"", "[1]")]
    public void Wrong_answers_are_refused_and_leave_nothing(string expected, string lines)
    {
        using var directory = new TemporaryDirectory();
        WeirRun.Refuse(expected, "policy", "--responses", directory.Write("answers.jsonl", lines), "--out", directory["out"]);
        Assert.False(Directory.Exists(directory["out"]));
    }

    [Fact]
    public void Given_answers_stand_alone()
    {
        using var directory = new TemporaryDirectory();
        WeirRun.Refuse("--responses has its own prompts", "policy", "x", "--responses", directory.Write("answers.jsonl", Answers));
    }
}
