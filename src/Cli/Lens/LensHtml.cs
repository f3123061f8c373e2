using System.Text.Encodings.Web;
using Weir.Cli.Pages;

namespace Weir.Cli.Lens;

/// <summary>Readings as a page that needs nothing else.</summary>
internal static class LensHtml
{
    private const int MostTitle = 60;

    /// <summary>The page.</summary>
    /// <param name="views">The readings.</param>
    /// <param name="record">Their JSON, its markup characters escaped.</param>
    public static string Page(IReadOnlyList<LensView> views, string record)
    {
        string prompt = views[0].Prompt;
        string title = prompt.Length > MostTitle ? $"{prompt[..MostTitle]}..." : prompt;
        return PageTemplate.Fill("lens.html", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["title"] = HtmlEncoder.Default.Encode($"Lens: {WeirProgram.OneLine(title)}"),
            ["data"] = record,
        });
    }
}
