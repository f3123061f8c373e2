using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>
/// Prompts of a fact table, every carrier with every fact, and their corruptions. A prompt is kept where encoding it with
/// its answer gives its own tokens and then the answer's, so that the answer's id is the one the model can predict there.
/// </summary>
public sealed class FactPrompts
{
    /// <summary>Nouns of other relations.</summary>
    private static readonly string[] Relations = ["currency", "language", "history", "flag", "anthem", "president"];

    private readonly Model _model;
    private readonly FactPromptOptions _options;
    private readonly Dictionary<FactPrompt, string> _leads = [];

    /// <summary>Makes the prompts.</summary>
    /// <param name="model">Whose tokenizer.</param>
    /// <param name="table">The facts.</param>
    /// <param name="options">Which prompts.</param>
    /// <exception cref="WeirException">None is left; the message says why and what helps.</exception>
    public FactPrompts(Model model, FactTable table, FactPromptOptions options)
    {
        _model = model;
        _options = options;
        Table = table;
        var random = new Random(options.Seed);
        var rows = new List<FactPrompt>();
        for (int c = 0; c < Carriers.All.Count; c++)
        {
            for (int i = 0; i < table.Facts.Count; i++)
            {
                (string lead, string? wrong) = Lead(i, random);
                if (Make(c, i, lead) is { } prompt)
                {
                    if (wrong is not null)
                    {
                        prompt = prompt with { ContextId = model.Encode($"{prompt.Text} {wrong}")[prompt.Tokens.Count] };
                    }

                    rows.Add(prompt);
                    _leads[prompt] = lead;
                }
            }
        }

        Items = rows.Select(r => r.Item).Distinct().Count();
        if (Items == 0)
        {
            throw new WeirException(options.SingleTokens
                ? $"NoPrompts: none of the {table.Facts.Count} facts of {table.Name} has a topic and an answer that are one token each in this model; take each word's first token with --tokens first, or another --table."
                : $"NoPrompts: no prompt of {table.Name} keeps its tokens when its answer follows it in this model; take another --table.");
        }

        if (rows.Count > options.Most)
        {
            FactPrompt[] drawn = [.. rows];
            random.Shuffle(drawn);
            rows = [.. drawn.Take(options.Most)];
        }

        Rows = rows;
    }

    /// <summary>The facts.</summary>
    public FactTable Table { get; }

    /// <summary>The prompts.</summary>
    public IReadOnlyList<FactPrompt> Rows { get; }

    /// <summary>Facts that have prompts in this model.</summary>
    public int Items { get; }

    /// <summary>The prompts changed, each into one that asks for something else, as token ids.</summary>
    /// <param name="kind">How.</param>
    /// <exception cref="WeirException">The table's prompts cannot be changed so.</exception>
    public IReadOnlyList<IReadOnlyList<int>> Corrupt(FactCorruption kind)
    {
        var random = new Random(_options.Seed + 1);
        int[] kept = [.. Rows.Select(r => r.Item).Distinct().Order()];
        int one = kept[random.Next(kept.Length)];
        var changed = new List<IReadOnlyList<int>>();
        foreach (FactPrompt row in Rows)
        {
            string? text = kind switch
            {
                FactCorruption.Topic => Text(row.Carrier, Others(row.Item) is { Length: > 0 } others ? others[random.Next(others.Length)] : throw Alone(), _leads[row], Table.Pattern),
                FactCorruption.OneTopic => Text(row.Carrier, Others(row.Item) switch
                {
                    { Length: 0 } => throw Alone(),
                    int[] others => others.Contains(one) ? one : others[0],
                }, _leads[row], Table.Pattern),
                FactCorruption.Relation when Table.Relation is { } noun => Text(
                    row.Carrier, row.Item, _leads[row],
                    Table.Pattern.Replace(noun, Relations.Where(r => r != noun).ElementAt(random.Next(Relations.Count(r => r != noun))), StringComparison.Ordinal)),
                FactCorruption.Relation => throw new WeirException($"The table {Table.Name} names its relation with no noun that could be another; take another --corruption."),
                _ => row.Carrier == 0 ? null : Text(0, row.Item, _leads[row], Table.Pattern),
            };
            if (text is not null)
            {
                changed.Add(_model.Encode(text));
            }
        }

        return changed.Count > 0 ? changed : throw new WeirException("None of the prompts has a carrier to leave out; take another --corruption or more --prompts.");
    }

    // Another topic with another answer, the ids of both: what is put in must not ask for the same.
    private int[] Others(int item)
    {
        FactPrompt own = Rows.First(r => r.Item == item);
        return [.. Rows.Where(r => r.Item != item && r.AnswerId != own.AnswerId).Select(r => r.Item).Distinct().Order()];
    }

    private WeirException Alone() => new($"NoPrompts: {Table.Name} has only one answer in this model, so no other topic can be put in; take another --table or --corruption.");

    // What stands in front of a prompt, and the wrong answer that it gives.
    private (string Text, string? Wrong) Lead(int item, Random random)
    {
        int[] others = [.. Enumerable.Range(0, Table.Facts.Count).Where(i => i != item && Table.Facts[i].Answer != Table.Facts[item].Answer)];
        random.Shuffle(others);
        Fact own = Table.Facts[item];
        IEnumerable<Fact> facts = others.Take(_options.Shots).Select(i => Table.Facts[i]);
        string? wrong = _options.CounterFactual ? Table.Facts[others[^1]].Answer : null;
        if (wrong is not null)
        {
            facts = facts.Append(own with { Answer = wrong });
        }

        return (string.Concat(facts.Select(f => $"{Capital(Table.Sentence(f))}. ")), wrong);
    }

    private string Text(int carrier, int item, string lead, string pattern)
    {
        string sentence = pattern.Replace("{N}", Table.Facts[item].Topic, StringComparison.Ordinal).Replace("{C}", "", StringComparison.Ordinal).TrimEnd();
        string prefix = Carriers.All[carrier];
        return lead + (prefix.Length == 0 ? Capital(sentence) : $"{prefix} {sentence}");
    }

    private FactPrompt? Make(int carrier, int item, string lead)
    {
        Fact fact = Table.Facts[item];
        string text = Text(carrier, item, lead, Table.Pattern);
        return Make(_model, text, fact.Topic, fact.Answer, _options.SingleTokens, carrier, item);
    }

    /// <summary>A prompt of one's own.</summary>
    /// <param name="model">Whose tokenizer.</param>
    /// <param name="text">The prompt.</param>
    /// <param name="topic">Its topic, a part of the text; its last occurrence counts.</param>
    /// <param name="answer">What should follow.</param>
    /// <param name="singleTokens">True where topic and answer must be one token each.</param>
    /// <param name="carrier">See <see cref="FactPrompt"/>.</param>
    /// <param name="item">See <see cref="FactPrompt"/>.</param>
    /// <returns>The prompt, or null where its tokens are not as they must be.</returns>
    public static FactPrompt? Make(Model model, string text, string topic, string answer, bool singleTokens, int carrier = 0, int item = 0)
    {
        int at = text.LastIndexOf(topic, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        int[] tokens = model.Encode(text);
        int[] whole = model.Encode($"{text} {answer.TrimStart()}");
        int[] before = model.Encode(text[..at].TrimEnd());
        int[] through = model.Encode(text[..(at + topic.Length)]);
        bool fits = whole.Length > tokens.Length && whole.AsSpan().StartsWith(tokens)
            && tokens.AsSpan().StartsWith(through) && through.Length > before.Length && through.AsSpan().StartsWith(before)
            && (!singleTokens || (whole.Length == tokens.Length + 1 && through.Length == before.Length + 1));
        return fits ? new FactPrompt(text, tokens, carrier, item, through.Length - 1, tokens[before.Length], whole[tokens.Length]) : null;
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
