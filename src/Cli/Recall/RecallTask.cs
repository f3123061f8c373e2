using System.Globalization;
using Weir.Analysis.Recall;
using Weir.Cli.Lens;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Cli.Recall;

/// <summary>What weir recall is asked about.</summary>
/// <param name="Name">The task's name.</param>
/// <param name="Prompts">The prompts.</param>
/// <param name="Corrupted">Corrupted prompts.</param>
/// <param name="Corruption">How they are corrupted, in words.</param>
/// <param name="Kept">How many items there are, and of how many, in words.</param>
internal sealed record RecallTask(string Name, IReadOnlyList<FactPrompt> Prompts, IReadOnlyList<IReadOnlyList<int>> Corrupted, string Corruption, string Kept)
{
    /// <summary>Intervals over its items.</summary>
    public ItemResampling ByItem { get; } = new([.. Prompts.Select(p => p.Item)]);

    /// <summary>A table's prompts.</summary>
    public static RecallTask OfTable(Model model, FactTable table, FactPromptOptions options, FactCorruption corruption)
    {
        var prompts = new FactPrompts(model, table, options);
        string tokens = options.SingleTokens ? "one token each" : "first tokens";
        string kept = string.Create(CultureInfo.InvariantCulture, $"{prompts.Items} of {table.Facts.Count} facts ({tokens}), {prompts.Rows.Count} prompts");
        string words = corruption switch
        {
            FactCorruption.Topic => "another topic",
            FactCorruption.Relation => "another relation",
            FactCorruption.Carrier => "no carrier",
            _ => "one topic for all",
        };
        return new RecallTask(table.Name, prompts.Rows, prompts.Corrupt(corruption), words, kept);
    }

    /// <summary>One prompt.</summary>
    public static RecallTask OfPrompt(Model model, string text, string topic, string answer, string[] corrupt)
    {
        string name = topic.Trim();
        if (name.Length == 0 || !text.Contains(name, StringComparison.Ordinal))
        {
            throw new WeirException($"The prompt has no '{topic}' in it; --topic is the part of it that is asked about.");
        }

        FactPrompt prompt = FactPrompts.Make(model, text, name, answer, singleTokens: false)
            ?? throw new WeirException($"'{text}' does not keep its tokens when '{answer}' follows it; end the prompt before the space in front of the answer.");
        string[] others = corrupt.Length > 0 ? corrupt : Others(text, name, answer.Trim());
        return new RecallTask("one prompt", [prompt], [.. others.Select(model.Encode)], corrupt.Length > 0 ? "as given" : "another topic", "1 prompt");
    }

    /// <summary>One prompt of token ids; topic and answer are such as id:312.</summary>
    public static RecallTask OfIds(Model model, int[] ids, string text, string topic, string answer, int[][] corrupted)
    {
        int Named(string option, string token) => TargetToken.Id(model, token, $"{option} {token}")
            ?? throw new UsageException($"With --ids, {option} is a token id such as id:312, not '{token}'.");
        int topicId = Named("--topic", topic), answerId = Named("--answer", answer);
        int position = Array.LastIndexOf(ids, topicId);
        if (position < 0)
        {
            throw new WeirException($"--ids has no {topicId} in it; --topic is the token of it that is asked about.");
        }

        var prompt = new FactPrompt(text, ids, Carrier: 0, Item: 0, position, topicId, answerId);
        return new RecallTask("one prompt", [prompt], corrupted, "as given", "1 prompt");
    }

    private static string[] Others(string text, string topic, string answer)
    {
        FactTable? table = FactTable.All.FirstOrDefault(t => t.Facts.Any(f => f.Topic == topic && f.Answer == answer))
            ?? FactTable.All.FirstOrDefault(t => t.Facts.Any(f => f.Topic == topic))
            ?? throw new WeirException($"No table has '{topic}', so there is nothing to put in its place; give prompts that ask for something else with --corrupt.");
        return [.. table.Facts.Where(f => f.Topic != topic && f.Answer != answer).Select(f => text.Replace(topic, f.Topic, StringComparison.Ordinal))];
    }
}
