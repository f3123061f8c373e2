using System.Text.Json;
using Weir.Cli.Reports;

namespace Weir.Cli.Tests;

public class ReportTests
{
    private static readonly double[] Axis = [0, 1, 2, 3];

    [Fact]
    public void Csv_quotes_what_needs_it_and_leaves_out_what_is_no_number()
    {
        using var stream = new MemoryStream();
        Csv.Write(stream, [["a,b", "say \"x\"", " the"], [1.5, double.NaN, null], [3, 0.1f, "line\nbreak"]]);
        Assert.Equal("\"a,b\",\"say \"\"x\"\"\",\" the\"\n1.5,,\n3,0.1,\"line\nbreak\"\n", System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void Every_part_says_the_same_in_JSON_and_in_CSV()
    {
        foreach (ReportPart part in Parts())
        {
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                part.WriteJson(json);
                json.WriteEndObject();
            }

            using JsonDocument document = JsonDocument.Parse(buffer.ToArray());
            IReadOnlyList<object?>[] lines = [.. part.Lines()];
            Assert.All(lines, line => Assert.Equal(lines[0].Count, line.Count));
            string numbers = document.RootElement.ToString();
            Assert.Contains("0.125", numbers, StringComparison.Ordinal);
            Assert.Contains(lines, line => line.Contains(0.125));
            Assert.DoesNotContain("NaN", numbers, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_page_holds_its_data_and_nothing_can_leave_it()
    {
        var report = new Report("</title><script>", "summary");
        string page = ReportPage.Of(report, """{"title":"{{data}}"}""");
        Assert.DoesNotContain("</title><script>", page, StringComparison.Ordinal);
        Assert.Contains("""{"title":"{{data}}"}""", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{{colors}}", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)https?://(?!www.w3.org/2000/svg)|url\\(|@import|<link|src=|<iframe|fetch\\(|XMLHttpRequest", page);
    }

    [Fact]
    public void Numbers_that_JSON_has_not_are_null_and_f32_comes_back()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            JsonNumbers.Write(json, "a", double.NaN);
            JsonNumbers.Write(json, "b", [double.PositiveInfinity, 0.1f, 1.0 / 3, 7]);
            json.WriteEndObject();
        }

        Assert.Equal("""{"a":null,"b":[null,0.1,0.333333333,7]}""", System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    [Fact]
    public void Parts_refuse_rows_that_do_not_fit()
    {
        Assert.Throws<ArgumentException>(() => new TablePart("t", "T").Column("a").Row("x", 1));
        Assert.Throws<ArgumentException>(() => new TablePart("t", "T").Column("a").Row(1));
        Assert.Throws<ArgumentException>(() => new TablePart("t", "T").Number("a", "F1").Row("1"));
        Assert.Throws<ArgumentException>(() => new TablePart("t", "T").Number("a", "F1").Row(true));
        Assert.Throws<ArgumentException>(() => new LinesPart("l", "L", "x", "y", Axis).Line("short", [1]));
        Assert.Throws<ArgumentException>(() => new LinesPart("l", "L", "x", "y", Axis).Line("half", Axis, low: Axis));
        Assert.Throws<ArgumentException>(() => new LinesPart("l", "L", "x", "y", Axis).Line("half", Axis, high: Axis));
        using var json = new Utf8JsonWriter(Stream.Null, new JsonWriterOptions { SkipValidation = true });
        var heat = new HeatMapPart("h", "H", ["0"], ["a", "b"], new double[2, 1]) { RowAxis = "row", ColumnAxis = "column", ValueAxis = "value" };
        Assert.Throws<ArgumentException>(() => heat.WriteJson(json));
        Assert.Throws<ArgumentException>(() => new Report("r", "s").Add(new TablePart("t", "T")).Add(new TablePart("t", "T")));
    }

    internal static ReportPart[] Parts() =>
    [
        new TablePart("table", "A table").Column("name").Number("value", "F3").Row("x", 0.125).Row("y", double.NaN),
        new HeatMapPart("heat", "A map", ["0", "1"], ["a", "b"], new[,] { { 0.125, -1 }, { double.NaN, 2 } }) { RowAxis = "row", ColumnAxis = "column", ValueAxis = "value", Diverging = true },
        new HeatMapPart("heat_means", "A map of means", ["0"], ["a", "b"], new[,] { { 0.125, 1 } }) { RowAxis = "row", ColumnAxis = "column", ValueAxis = "value", Interval = (new[,] { { 0.1, double.NaN } }, new[,] { { 0.2, double.NaN } }) },
        new LinesPart("lines", "Lines", "layer", "cosine", Axis).Line("a", [0.125, 1, double.NaN, 2], [0, 0, double.NaN, 1], [1, 2, double.NaN, 3]).Line("b", [0, 1, 2, 3]),
        new LinesPart("bars", "Bars", "head", "gamma", Axis) { Bars = true, Labels = ["L0H0", "L0H1", "L1H0", "MLP 1"] }.Line("gamma", [0.125, -1, 0, 2]),
        new ScatterPart("scatter", "Points", "attention", "write").Point("L1H0", "France", 0.125, 3).Point("L1H1", "Spain", 0.5, double.NaN),
    ];
}
