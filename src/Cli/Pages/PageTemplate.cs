using System.Reflection;
using System.Text;

namespace Weir.Cli.Pages;

/// <summary>
/// Pages that need nothing but themselves. Their scripts write every text with textContent, and their data is JSON in which
/// the characters of markup are escaped, so that no prompt can become part of a page's code.
/// </summary>
internal static class PageTemplate
{
    /// <summary>Fills a template's {{places}}; {{head}}, {{style}} and {{script}} are the same on every page.</summary>
    /// <param name="template">Name of the template.</param>
    /// <param name="values">What goes where.</param>
    public static string Fill(string template, IReadOnlyDictionary<string, string> values)
    {
        var all = new Dictionary<string, string>(values, StringComparer.Ordinal)
        {
            ["head"] = Resource("head.html"),
            ["style"] = Resource("page.css"),
            ["script"] = Resource("page.js").Replace("{{colors}}", $"[{string.Join(',', Rendering.ColorMap.Hex.Select(h => $"\"{h}\""))}]", StringComparison.Ordinal),
        };

        // In one sweep, so that a prompt with a placeholder's name in it stays a prompt.
        string text = Resource(template);
        var page = new StringBuilder();
        int at = 0;
        for (int open = text.IndexOf("{{", StringComparison.Ordinal); open >= 0; open = text.IndexOf("{{", at, StringComparison.Ordinal))
        {
            int close = text.IndexOf("}}", open, StringComparison.Ordinal);
            page.Append(text, at, open - at).Append(all[text[(open + 2)..close]]);
            at = close + 2;
        }

        return page.Append(text, at, text.Length - at).ToString();
    }

    private static string Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
