using Weir.Engine.Forward;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Tests.Generation;

/// <summary>Continuations are what recomputing everything would give, whatever the batch.</summary>
public sealed class GeneratorTests
{
    private static Model Demo { get; } = Model.Load(Path.Combine(RepositoryRoot.Path, "models", "demo"));

    [Theory]
    [OnDevices("gpt2")]
    [OnDevices("mistral")]
    [OnDevices("olmo2")]
    public void GreedyIsTheArgmaxOfAForwardPassWithoutACache(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        List<int> sequence = [.. Fixture.Prompts(name)[0][..10]];
        int[] ours = Generator.Complete(model, [sequence.ToArray()], new GenerationOptions { MaxTokens = 12, EndTokens = [] })[0];
        foreach (int id in ours)
        {
            float[] logits = Fixture.Logits(model, [[.. sequence]]);
            int argmax = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits.AsSpan(^model.Spec.VocabularySize..));
            Assert.Equal(argmax, id);
            sequence.Add(id);
        }
    }

    [Theory, OnDevices]
    public void AContinuationDoesNotDependOnItsBatch(string device)
    {
        Model model = Fixture.Model("llama3", device);
        int[][] prompts = [Fixture.Prompts("llama3")[0], Fixture.Prompts("llama3")[1][..5], [9, 8, 7]];
        var options = new GenerationOptions { MaxTokens = 15, EndTokens = [], Temperature = 1.3f, TopK = 40, TopP = 0.9f, Seeds = [11, 12, 13] };
        IReadOnlyList<int[]> together = Generator.Complete(model, prompts, options);
        for (int i = 0; i < prompts.Length; i++)
        {
            Assert.Equal(together[i], Generator.Complete(model, [prompts[i]], options with { Seeds = [11 + i] })[0]);
        }

        Assert.NotEqual(together[0], Generator.Complete(model, [prompts[0]], options with { Seeds = [99] })[0]);
        Assert.Equal(together[1], Generator.Complete(model, prompts, options with { Seeds = [11] })[1]);
    }

    [Theory, OnDevices]
    public void SequencesThatEndLeaveTheBatch(string device)
    {
        Model model = Fixture.Model("gpt2", device);
        int[][] prompts = [.. Fixture.Prompts("gpt2")];
        IReadOnlyList<int[]> free = Generator.Complete(model, prompts, new GenerationOptions { MaxTokens = 10, EndTokens = [] });
        int end = free[0][3];
        IReadOnlyList<int[]> ended = Generator.Complete(model, prompts, new GenerationOptions { MaxTokens = 10, EndTokens = [end] });
        Assert.Equal(free[0][..(Array.IndexOf(free[0], end) + 1)], ended[0]);
        int other = Array.IndexOf(free[1], end);
        Assert.Equal(other < 0 ? free[1] : free[1][..(other + 1)], ended[1]);
    }

    /// <summary>A model of several end tokens, such as Llama 3.1 Instruct of three, ends at whichever comes.</summary>
    [Fact]
    public void EachOfSeveralEndTokensEnds()
    {
        Model model = Fixture.Model("gpt2", TestDevices.Cpu);
        int[] prompt = Fixture.Prompts("gpt2")[0];
        int[] free = Generator.Complete(model, [prompt], new GenerationOptions { MaxTokens = 8, EndTokens = [] })[0];
        int[] never = [.. Enumerable.Range(0, model.Spec.VocabularySize).Where(id => !free.Contains(id)).Take(2)];
        int end = free[4];
        foreach (int[] ends in (int[][])[[end, .. never], [never[0], end, never[1]], [.. never, end]])
        {
            Assert.Equal(free[..(Array.IndexOf(free, end) + 1)], Generator.Complete(model, [prompt], new GenerationOptions { MaxTokens = 8, EndTokens = ends })[0]);
        }
    }

    [Fact]
    public void TopOneIsGreedyAndZeroTemperatureToo()
    {
        int[] prompt = Demo.Encode("The capital of France is");
        int[] greedy = Generator.Complete(Demo, [prompt], new GenerationOptions { MaxTokens = 8 })[0];
        Assert.Equal(greedy, Generator.Complete(Demo, [prompt], new GenerationOptions { MaxTokens = 8, Temperature = 2, TopK = 1, Seeds = [5] })[0]);
        Assert.StartsWith(" Paris", Demo.Tokenizer.Decode(greedy, skipSpecialTokens: true), StringComparison.Ordinal);
    }

    [Fact]
    public void StreamedTextIsTheDecodedTextAndStopsBeforeAStopText()
    {
        int[] prompt = Demo.Encode("Q: What is the capital of Japan? A:");
        GeneratedToken[] free = [.. Generator.Stream(Demo, [prompt], new GenerationOptions { MaxTokens = 12, EndTokens = [] })];
        string text = string.Concat(free.Select(t => t.Text));
        Assert.Equal(Demo.Tokenizer.Decode([.. free.Select(t => t.Id)], skipSpecialTokens: true), text);
        Assert.Equal(FinishReason.Length, free[^1].Finish);

        string stop = text[3..6];
        GeneratedToken[] stopped = [.. Generator.Stream(Demo, [prompt], new GenerationOptions { MaxTokens = 12, EndTokens = [], Stop = ["never", stop] })];
        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], string.Concat(stopped.Select(t => t.Text)));
        Assert.Equal(FinishReason.StopText, stopped[^1].Finish);
    }

    [Fact]
    public void EditsActWhileItGenerates()
    {
        int[] prompt = Demo.Encode("The capital of France is");
        int[] other = Demo.Encode("The capital of Japan is");
        Assert.Equal(prompt.Length, other.Length);
        int position = Enumerable.Range(0, prompt.Length).Single(i => prompt[i] != other[i]);
        using ForwardResult japan = Demo.Forward(other, new HookSet().Capture(Site.ResidualPost[0]));
        float[] state = japan[Site.ResidualPost[0]].Row(position).ToArray();
        var hooks = new HookSet().Edit(Edit.Replace(Site.ResidualPost[0], state) with { Positions = position..(position + 1) });
        int[] patched = Generator.Complete(Demo, [prompt], new GenerationOptions { MaxTokens = 4, Hooks = hooks })[0];
        Assert.StartsWith(" Tokyo", Demo.Tokenizer.Decode(patched, skipSpecialTokens: true), StringComparison.Ordinal);
    }

    [Fact]
    public void AFullContextEndsAContinuation()
    {
        int[] prompt = [.. Enumerable.Repeat(5, Demo.Spec.ContextLength - 3)];
        GeneratedToken[] tokens = [.. Generator.Stream(Demo, [prompt], new GenerationOptions { MaxTokens = 100, EndTokens = [] })];
        Assert.Equal(FinishReason.Context, tokens[^1].Finish);
        Assert.Equal(4, tokens.Length);
    }

    [Theory]
    [InlineData(-1, 0, 0, 1)]
    [InlineData(1, -1, 0, 1)]
    [InlineData(1, 0, -1, 1)]
    [InlineData(1, 0, 0, 0)]
    [InlineData(1, float.NaN, 0, 1)]
    public void BadOptionsAreOneSentence(int tokens, float temperature, int topK, float topP) =>
        Assert.Throws<WeirException>(() => Generator.Complete(Demo, [[1]], new GenerationOptions { MaxTokens = tokens, Temperature = temperature, TopK = topK, TopP = topP }));

    [Fact]
    public void DrawsAreUniformAndReplayable()
    {
        double mean = Enumerable.Range(0, 10_000).Average(i => RowRandom.Uniform(7, i));
        Assert.Equal(0.5, mean, 0.01);
        Assert.Equal(RowRandom.Uniform(1, 2), RowRandom.Uniform(1, 2));
        Assert.NotEqual(RowRandom.Uniform(1, 2), RowRandom.Uniform(2, 1));
        Assert.All(Enumerable.Range(0, 1000), i => Assert.InRange(RowRandom.Uniform(i, 0), 0, Math.BitDecrement(1.0)));
    }
}
