using System.Text.Json;
using Weir.Cli.Rendering;

namespace Weir.Cli.Tests;

public class GenerateTests
{
    [Fact]
    public void The_demo_model_knows_the_capital_of_France()
    {
        Assert.StartsWith($"{WeirRun.Prompt} Paris", WeirRun.Succeed("generate", WeirRun.Prompt, "--max-tokens", "8").Output, StringComparison.Ordinal);
        Assert.StartsWith(" Paris", WeirRun.Succeed("generate", WeirRun.Prompt, "--max-tokens", "8", "--no-prompt").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stop_text_ends_before_itself() =>
        Assert.Equal($"{WeirRun.Prompt} Par\n", WeirRun.Succeed("generate", WeirRun.Prompt, "--stop", "is").Output);

    [Fact]
    public void Samples_depend_on_their_seed_and_on_nothing_else()
    {
        using JsonDocument four = Json("generate", "One day", "--temperature", "1.5", "--seed", "3", "--count", "4", "--json", "-");
        using JsonDocument one = Json("generate", "One day", "--temperature", "1.5", "--seed", "5", "--json", "-");
        JsonElement[] texts = [.. four.RootElement.GetProperty("texts").EnumerateArray()];
        Assert.Equal([3, 4, 5, 6], texts.Select(t => t.GetProperty("seed").GetInt32()));
        Assert.Equal(one.RootElement.GetProperty("texts")[0].GetProperty("text").GetString(), texts[2].GetProperty("text").GetString());
        Assert.True(texts.Select(t => t.GetProperty("text").GetString()).Distinct(StringComparer.Ordinal).Count() > 1);
    }

    [Fact]
    public void A_file_is_a_batch_with_a_line_about_each_text()
    {
        using var directory = new TemporaryDirectory();
        Outcome outcome = WeirRun.Succeed("generate", "--file", directory.Write("p.txt", $"{WeirRun.Prompt}\n12 + 7 =\n"), "--max-tokens", "8");
        Assert.Contains("--- 1 of 2, seed 0", outcome.Output, StringComparison.Ordinal);
        Assert.Contains($"{WeirRun.Prompt} Paris", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("12 + 7 = 19", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(outcome.Output, WeirRun.Succeed("generate", WeirRun.Prompt, "12 + 7 =", "--max-tokens", "8").Output);
    }

    [Fact]
    public void Edits_change_the_text()
    {
        string plain = WeirRun.Succeed("generate", WeirRun.Prompt, "--max-tokens", "6").Output;
        Assert.NotEqual(plain, WeirRun.Succeed("generate", WeirRun.Prompt, "--max-tokens", "6", "--zero", "resid_post.4").Output);
        Assert.Equal(plain, WeirRun.Succeed("generate", WeirRun.Prompt, "--max-tokens", "6", "--scale", "resid_post.4=1").Output);
    }

    [Fact]
    public void An_edit_of_the_last_prompt_token_leaves_the_generated_ones_alone()
    {
        // Position 5 is the last of the prompt; -1 must be the same and not go on.
        string[] args = ["generate", WeirRun.Prompt, "--max-tokens", "6", "--zero"];
        Assert.Equal(WeirRun.Succeed([.. args, "resid_mid.3@5"]).Output, WeirRun.Succeed([.. args, "resid_mid.3@-1"]).Output);
        Assert.Equal(WeirRun.Succeed([.. args, "resid_mid.3@5"]).Output, WeirRun.Succeed([.. args, "resid_mid.3@-1..^0"]).Output);
    }

    [Fact]
    public void Ids_stand_for_a_text()
    {
        string ids = "0,316,380,265,966,260";
        Assert.StartsWith($"<|endoftext|>{WeirRun.Prompt} Paris", WeirRun.Succeed("generate", "--ids", ids).Output, StringComparison.Ordinal);
        using var directory = new TemporaryDirectory();
        foreach (string file in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(WeirRun.Demo, file), directory[file]);
        }

        Assert.StartsWith("#0 #316", WeirRun.Succeed("generate", "--ids", ids, "--model", directory.Path).Output, StringComparison.Ordinal);
        Assert.Contains("#411 100", WeirRun.Succeed("lens", "--ids", ids, "--model", directory.Path).Output, StringComparison.Ordinal);
        WeirRun.Refuse("has no tokenizer.json", "lens", "a", "--model", directory.Path);
        WeirRun.Refuse("has no tokenizer.json", "tokenize", "a", "--model", directory.Path);
        WeirRun.Refuse("--ids stands alone", "generate", "a", "--ids", ids);
        WeirRun.Refuse("--ids must be token ids", "generate", "--ids", "1,x");
        WeirRun.Refuse("TokenOutOfRange", "lens", "--ids", "0,1024");
    }

    [Fact]
    public void A_terminal_gets_no_control_characters_of_the_model()
    {
        Assert.Equal("a\u241B[2Jb", TokenText.Harmless("a\e[2Jb"));
        Assert.Equal("a\n\tb", TokenText.Harmless("a\n\tb"));
    }

    [Theory]
    [InlineData("--max-tokens must be a whole number of at least 1, not '0'", "--max-tokens", "0")]
    [InlineData("--temperature must be a number of at least 0, not '-1'", "--temperature", "-1")]
    [InlineData("not 'nan'", "--temperature", "nan")]
    [InlineData("--top-p must be a number above 0 and at most 1, not '1.5'", "--top-p", "1.5")]
    [InlineData("--seed must be a whole number", "--seed", "x")]
    [InlineData("--stop needs a value, TEXT", "--stop", "")]
    [InlineData("--count is given 2 times", "--count", "1", "--count", "2")]
    [InlineData("--count needs a value, N", "--count")]
    [InlineData("There is no option '--max-token'", "--max-token", "3")]
    public void Bad_options_are_refused(string expected, params string[] options) =>
        Assert.EndsWith("See 'weir generate --help'.", WeirRun.Refuse(expected, ["generate", "a", .. options]), StringComparison.Ordinal);

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused()
    {
        string longPrompt = string.Concat(Enumerable.Repeat(" the", 600));
        WeirRun.Refuse("ContextExceeded", "generate", longPrompt);
        WeirRun.Refuse("ContextExceeded", "lens", longPrompt);
    }

    private static JsonDocument Json(params string[] args) => JsonDocument.Parse(WeirRun.Succeed(args).Output);
}
