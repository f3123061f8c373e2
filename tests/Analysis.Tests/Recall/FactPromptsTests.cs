using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>Generators: acceptance test 10, and traps 4 and 11.</summary>
public sealed class FactPromptsTests : IDisposable
{
    private readonly IDevice _device = TestDevices.Open(TestDevices.Cpu);
    private readonly Model _model;

    public FactPromptsTests() => _model = Model.Load(Path.Combine(RepositoryRoot.Path, "models", "demo"), new LoadOptions { Device = _device });

    public void Dispose()
    {
        _model.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void T10_ThereAreAtMost225CapitalPrompts()
    {
        FactPrompts prompts = Make(new FactPromptOptions { SingleTokens = false });
        Assert.Equal(225, prompts.Rows.Select(r => r.Text).Distinct().Count());
        Assert.Equal(15, prompts.Items);
        Assert.Equal("The capital of China is", prompts.Rows[0].Text);
        Assert.Equal("It is well known that the capital of China is", prompts.Rows[15].Text);
    }

    [Fact]
    public void T10_AShotIsAboutAnotherCountry()
    {
        FactPrompts prompts = Make(new FactPromptOptions { SingleTokens = false, Shots = 1 });
        Assert.All(prompts.Rows, row =>
        {
            Fact fact = FactTable.Capitals.Facts[row.Item];
            string shot = row.Text[..row.Text.IndexOf(". ", StringComparison.Ordinal)];
            Assert.DoesNotContain(fact.Topic, shot, StringComparison.Ordinal);
            Assert.Contains(FactTable.Capitals.Facts, f => shot == $"The capital of {f.Topic} is {f.Answer}");
        });
    }

    [Fact]
    public void T10_ACounterFactualCapitalIsWrong()
    {
        FactPrompts prompts = Make(new FactPromptOptions { SingleTokens = false, CounterFactual = true });
        Assert.All(prompts.Rows, row =>
        {
            Fact fact = FactTable.Capitals.Facts[row.Item];
            Assert.StartsWith($"The capital of {fact.Topic} is ", row.Text, StringComparison.Ordinal);
            Assert.DoesNotContain($"is {fact.Answer}.", row.Text, StringComparison.Ordinal);
            string wrong = row.Text[$"The capital of {fact.Topic} is ".Length..row.Text.IndexOf('.', StringComparison.Ordinal)];
            Assert.Equal(_model.Encode($"{row.Text} {wrong}")[row.Tokens.Count], row.ContextId);
        });
    }

    [Theory]
    [InlineData(FactCorruption.Topic)]
    [InlineData(FactCorruption.OneTopic)]
    public void T10_Trap4_ACorruptedTopicIsNeverItsOwn(FactCorruption kind)
    {
        FactPrompts prompts = Make(new FactPromptOptions { SingleTokens = false, Seed = 3 });
        IReadOnlyList<IReadOnlyList<int>> corrupted = prompts.Corrupt(kind);
        var topics = new HashSet<string>();
        for (int i = 0; i < corrupted.Count; i++)
        {
            Fact own = FactTable.Capitals.Facts[prompts.Rows[i].Item];
            string text = _model.Tokenizer.Decode([.. corrupted[i]], skipSpecialTokens: true);
            Fact put = Assert.Single(FactTable.Capitals.Facts, f => text.EndsWith($"capital of {f.Topic} is", StringComparison.Ordinal));
            Assert.NotEqual(own, put);
            _ = topics.Add(put.Topic);
        }

        Assert.Equal(225, corrupted.Count);
        Assert.True(kind == FactCorruption.Topic ? topics.Count > 10 : topics.Count == 2, $"{topics.Count} topics");
    }

    [Fact]
    public void T10_OtherCorruptionsChangeTheRelationAndTheCarrier()
    {
        FactPrompts prompts = Make(new FactPromptOptions { SingleTokens = false });
        Assert.All(prompts.Corrupt(FactCorruption.Relation), c => Assert.DoesNotContain("capital", _model.Tokenizer.Decode([.. c], true), StringComparison.Ordinal));
        IReadOnlyList<IReadOnlyList<int>> bare = prompts.Corrupt(FactCorruption.Carrier);
        Assert.Equal(210, bare.Count);
        Assert.All(bare, c => Assert.StartsWith("The capital of", _model.Tokenizer.Decode([.. c], true), StringComparison.Ordinal));
        var languages = new FactPrompts(_model, FactTable.All[1], new FactPromptOptions { SingleTokens = false });
        Assert.Contains("--corruption", Assert.Throws<WeirException>(() => languages.Corrupt(FactCorruption.Relation)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Trap11_TheAnswersIdIsTheTokenThatFollows()
    {
        FactPrompts prompts = Make(new FactPromptOptions { SingleTokens = false });
        foreach (FactPrompt row in prompts.Rows)
        {
            Fact fact = FactTable.Capitals.Facts[row.Item];
            int[] whole = _model.Encode($"{row.Text} {fact.Answer}");
            Assert.Equal(whole[..row.Tokens.Count], row.Tokens);
            Assert.Equal(whole[row.Tokens.Count], row.AnswerId);
            string upToTopic = _model.Tokenizer.Decode([.. row.Tokens.Take(row.TopicPosition + 1)], true);
            Assert.EndsWith(fact.Topic, upToTopic, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TheFilterSaysWhenItLeavesNothing()
    {
        WeirException error = Assert.Throws<WeirException>(() => Make(new FactPromptOptions()));
        Assert.Contains("--tokens first", error.Message, StringComparison.Ordinal);
    }

    private FactPrompts Make(FactPromptOptions options) => new(_model, FactTable.Capitals, options);
}
