using System.Reflection;
using System.Text.Encodings.Web;

namespace Weir.Cli.Lens;

/// <summary>
/// A reading as a page that needs nothing else. The page's script writes every text with textContent, and the record is
/// JSON in which the characters of markup are escaped, so that no prompt can become part of the page's code.
/// </summary>
internal static class LensHtml
{
    private const int MostTitle = 60;

    /// <summary>The page.</summary>
    /// <param name="view">The reading.</param>
    /// <param name="record">The reading's JSON, its markup characters escaped.</param>
    public static string Page(LensView view, string record)
    {
        string title = view.Prompt.Length > MostTitle ? $"{view.Prompt[..MostTitle]}..." : view.Prompt;
        return Fill(Template(), new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["title"] = HtmlEncoder.Default.Encode($"Lens: {WeirProgram.OneLine(title)}"),
            ["colors"] = $"[{string.Join(',', Rendering.ColorMap.Hex.Select(h => $"\"{h}\""))}]",
            ["data"] = record,
        });
    }

    // In one sweep, so that a prompt with a placeholder's name in it stays a prompt.
    private static string Fill(string template, Dictionary<string, string> values)
    {
        var page = new System.Text.StringBuilder();
        int at = 0;
        for (int open = template.IndexOf("{{", StringComparison.Ordinal); open >= 0; open = template.IndexOf("{{", at, StringComparison.Ordinal))
        {
            int close = template.IndexOf("}}", open, StringComparison.Ordinal);
            page.Append(template, at, open - at).Append(values[template[(open + 2)..close]]);
            at = close + 2;
        }

        return page.Append(template, at, template.Length - at).ToString();
    }

    private static string Template()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("lens.html")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
