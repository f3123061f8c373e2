using System.Text.Encodings.Web;
using Weir.Cli.Pages;

namespace Weir.Cli.Reports;

/// <summary>A report as a page that needs nothing else.</summary>
internal static class ReportPage
{
    /// <summary>The page.</summary>
    /// <param name="report">The report.</param>
    /// <param name="record">Its JSON, markup characters escaped.</param>
    public static string Of(Report report, string record) => PageTemplate.Fill("report.html", new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["title"] = HtmlEncoder.Default.Encode(report.Title),
        ["data"] = record,
    });
}
