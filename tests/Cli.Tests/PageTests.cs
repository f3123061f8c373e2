using System.Text.Json;
using System.Text.RegularExpressions;

namespace Weir.Cli.Tests;

public partial class PageTests
{
    private const string Evil = "</script><script>alert('{{data}}')</script> <!-- & \u2028 \"quoted\"";

    [Fact]
    public void The_page_needs_nothing_from_the_network()
    {
        string page = Page(WeirRun.Prompt);
        Assert.DoesNotMatch("(?i)https?:|url\\(|@import|<link|src=|<iframe|fetch\\(|XMLHttpRequest", page);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_cannot_become_markup()
    {
        string page = Page(Evil);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(page, "</script>"));
        using JsonDocument data = JsonDocument.Parse(Data().Match(page).Groups[1].Value);
        Assert.Equal(Evil, data.RootElement.GetProperty("prompts")[0].GetProperty("prompt").GetString());
        Assert.Equal(9, data.RootElement.GetProperty("layers").GetArrayLength());
    }

    private static string Page(string prompt)
    {
        using var directory = new TemporaryDirectory();
        WeirRun.Succeed("lens", prompt, "--html", directory["lens.html"]);
        return File.ReadAllText(directory["lens.html"]);
    }

    [GeneratedRegex("id=\"data\">(.*?)</script>")]
    private static partial Regex Data();
}
