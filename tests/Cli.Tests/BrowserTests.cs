using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Weir.Cli.Tests;

/// <summary>Every page in a real browser: its script runs without an error and draws each part.</summary>
public sealed partial class BrowserTests
{
    // Each verb that writes a report, on the demo model.
    private static readonly string[][] Reports =
    [
        ["lens", WeirRun.Prompt, "12 + 7 =", "--modules", "--target", " P"],
        ["lens", WeirRun.Prompt, "--positions", "2.."],
        ["policy", "12 + 7 =", "--samples", "2", "--max-tokens", "4"],
        ["sweep", WeirRun.Prompt, "--variants", "patch", "--clean", "The capital of Italy is"],
        ["depth", WeirRun.Prompt],
        ["depth", "--prompts", "word-problems:4", "--map-to", WeirRun.Demo, "--window", "64"],
        ["recall", WeirRun.Prompt, "--answer", " P", "--topic", " France", "--heads", "1"],
        ["neurons", "map", "--null", "64"],
        ["neurons", "find", "France"],
        ["neurons", "show", "6.149"],
        ["neurons", "clamp", "6.149", "--target", "France", "--values", "0,1"],
        ["neurons", "diff", WeirRun.Demo],
        ["neurons", "edit", "France", "--prompt", "Paris is the capital of", "--matrices", "down", "--reverse", WeirRun.Prompt],
    ];

    /// <summary>
    /// All reports have one page, which differs in its data alone; the parts of all are drawn on one, since a browser takes
    /// seconds to start.
    /// </summary>
    [Fact]
    public void Every_part_of_every_report_draws_itself()
    {
        RequireBrowser();
        using var directory = new TemporaryDirectory();
        string template = "";
        JsonObject all = [];
        for (int i = 0; i < Reports.Length; i++)
        {
            WeirRun.Succeed([.. Reports[i], Reports[i][0] == "sweep" ? "--report" : "--out", directory["out"]]);
            template = File.ReadAllText(Path.Combine(directory["out"], "report.html"));
            JsonObject data = JsonNode.Parse(Data().Match(template).Groups[1].Value)!.AsObject();
            if (i == 0)
            {
                all = data;
            }

            JsonNode[] parts = [.. data["parts"]!.AsArray()!];
            Assert.NotEmpty(parts);
            foreach (JsonNode part in parts)
            {
                part["name"] = $"{i}.{part["name"]}";
                if (i > 0)
                {
                    data["parts"]!.AsArray().Remove(part);
                    all["parts"]!.AsArray().Add(part);
                }
            }
        }

        File.WriteAllText(directory["all.html"], Data().Replace(template, match => match.Value.Replace(match.Groups[1].Value, all.ToJsonString(), StringComparison.Ordinal)));
        (string document, string[] console) = Browser.Open(directory["all.html"], directory["profile"]);
        Assert.Empty(console);
        foreach (JsonNode? part in all["parts"]!.AsArray())
        {
            string drawn = part!["kind"]!.GetValue<string>() == "table" ? "<td[ >]" : "<svg.*<(rect|path|polyline|line|circle)[ >]";
            Assert.Matches($"(?s){drawn}", Section(document, part["name"]!.GetValue<string>()));
        }
    }

    [Fact]
    public void The_page_of_the_lens_draws_itself()
    {
        RequireBrowser();
        using var directory = new TemporaryDirectory();
        WeirRun.Succeed("lens", WeirRun.Prompt, "12 + 7 =", "--html", directory["lens.html"]);
        (string document, string[] console) = Browser.Open(directory["lens.html"], directory["profile"]);
        Assert.Empty(console);
        Assert.Equal(9 * 6, Regex.Count(document, "<td[^>]* data-s="));
        Assert.Equal(2, Regex.Count(document, "<option"));
    }

    [Fact]
    public void An_error_on_a_page_is_seen()
    {
        RequireBrowser();
        using var directory = new TemporaryDirectory();
        WeirRun.Succeed("lens", WeirRun.Prompt, "--html", directory["lens.html"]);
        File.WriteAllText(directory["lens.html"], File.ReadAllText(directory["lens.html"]).Replace("\"prompts\":", "\"nothing\":", StringComparison.Ordinal));
        (string document, string[] console) = Browser.Open(directory["lens.html"], directory["profile"]);
        Assert.Contains("TypeError", Assert.Single(console), StringComparison.Ordinal);
        Assert.DoesNotContain(" data-s=", document, StringComparison.Ordinal);
    }

    private static void RequireBrowser() => Assert.SkipWhen(Browser.Program is null, "No Chromium is installed: chromium, chromium-browser or google-chrome in PATH.");

    private static string Section(string document, string name)
    {
        int start = document.IndexOf($"<section id=\"{name}\"", StringComparison.Ordinal);
        Assert.True(start >= 0, $"the page has no section {name}");
        return document[start..document.IndexOf("</section>", start, StringComparison.Ordinal)];
    }

    [GeneratedRegex("id=\"data\">(.*?)</script>")]
    private static partial Regex Data();
}
