using System.Globalization;
using Weir.Analysis.Recall;
using Weir.Engine.Hooks;

namespace Weir.Cli.Recall;

/// <summary>Receivers of paths as they are typed: q:9.6,9.8.</summary>
internal static class ReceiverParser
{
    /// <summary>Reads them; none of nothing.</summary>
    /// <exception cref="UsageException">The text is not so.</exception>
    public static IReadOnlyList<PatchReceiver> Parse(string? text)
    {
        if (text is null)
        {
            return [];
        }

        string[] parts = text.Split(':');
        LayeredSite site = parts[0] switch
        {
            "q" => Site.Query,
            "k" => Site.Key,
            "v" => Site.Value,
            _ => throw Wrong(text),
        };
        return parts.Length == 2 ? [.. parts[1].Split(',').Distinct(StringComparer.Ordinal).Select(head => Head(head.Split('.')))] : throw Wrong(text);

        PatchReceiver Head(string[] numbers) =>
            numbers.Length == 2 && Number(numbers[0]) is { } layer && Number(numbers[1]) is { } head ? new PatchReceiver(site[layer], head) : throw Wrong(text);
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static UsageException Wrong(string text) => new($"--receiver is q, k or v, a colon, and heads as LAYER.HEAD, such as q:9.6,9.8; it is '{text}'.");
}
