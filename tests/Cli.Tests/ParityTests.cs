using System.Text.Json;

namespace Weir.Cli.Tests;

/// <summary>weir parity says what agrees, and ends with 2 where something does not.</summary>
public class ParityTests
{
    [Fact]
    public void AModelThatAgreesEndsWithZeroAndATableOfEveryTensor()
    {
        Outcome outcome = WeirRun.Succeed("parity", Fixture("llama3"), Fixture("gpt2"));
        Assert.Contains(outcome.Lines, l => l.Contains("blocks.2.attn.hook_pattern", StringComparison.Ordinal) && l.EndsWith("ok", StringComparison.Ordinal));
        Assert.Equal(2, outcome.Lines.Count(l => l.TrimStart().StartsWith("logits", StringComparison.Ordinal)));
        Assert.DoesNotContain("FAILED", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AForeignReferenceEndsWithTwo()
    {
        using var directory = new TemporaryDirectory();
        string json = directory["parity.json"];
        Outcome outcome = WeirRun.Run("parity", Fixture("mistral"), "--reference", Path.Combine(Fixture("llama3"), "reference.safetensors"), "--json", json);
        WeirRun.Refused(outcome, "ParityFailed");
        Assert.Contains("FAILED", outcome.Output, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
        JsonElement model = document.RootElement.GetProperty("models")[0];
        Assert.False(model.GetProperty("passed").GetBoolean());
        Assert.True(model.GetProperty("tensors")[0].GetProperty("absolute_difference").GetDouble() > 0.1);
    }

    [Fact]
    public void WhatCannotBeComparedIsNamedAndTheOthersAreCompared()
    {
        using var directory = new TemporaryDirectory();
        string json = directory["parity.json"];
        Outcome outcome = WeirRun.Run("parity", directory["nowhere"], WeirRun.Demo, Fixture("gpt2"), "--json", json);
        WeirRun.Refused(outcome, $"2 of 3 directories could not be compared: {directory["nowhere"]}, {WeirRun.Demo}");
        Assert.Single(outcome.Lines, l => l.StartsWith($"{directory["nowhere"]} is not compared: FileMissing: does not exist", StringComparison.Ordinal));
        Assert.Single(outcome.Lines, l => l.StartsWith($"{WeirRun.Demo} is not compared: ", StringComparison.Ordinal));
        Assert.Contains(outcome.Lines, l => l.TrimStart().StartsWith("logits", StringComparison.Ordinal) && l.EndsWith("ok", StringComparison.Ordinal));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
        JsonElement models = document.RootElement.GetProperty("models");
        Assert.Equal(3, models.GetArrayLength());
        Assert.True(models[0].GetProperty("passed").GetBoolean());
        Assert.Contains("does not exist", models[1].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AModelWithoutAReferenceIsOneSentence() => WeirRun.Refuse("reference.safetensors", "parity", WeirRun.Demo);

    private static string Fixture(string name) => RepositoryRoot.Fixture("models", name);
}
