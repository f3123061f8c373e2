using System.Text.Encodings.Web;
using Weir.Cli.Pages;

namespace Weir.Cli.Lens;

/// <summary>A reading as a page that needs nothing else.</summary>
internal static class LensHtml
{
    private const int MostTitle = 60;

    /// <summary>The page.</summary>
    /// <param name="view">The reading.</param>
    /// <param name="record">The reading's JSON, its markup characters escaped.</param>
    public static string Page(LensView view, string record)
    {
        string title = view.Prompt.Length > MostTitle ? $"{view.Prompt[..MostTitle]}..." : view.Prompt;
        return PageTemplate.Fill("lens.html", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["title"] = HtmlEncoder.Default.Encode($"Lens: {WeirProgram.OneLine(title)}"),
            ["data"] = record,
        });
    }
}
