using System.Text.Json;

namespace Weir.Cli.Reports;

/// <summary>One table or plot of a report: a section of the page and a CSV file.</summary>
/// <param name="Name">Name of its file and of its place on the page: lower case, words joined by _.</param>
/// <param name="Title">Its heading.</param>
internal abstract record ReportPart(string Name, string Title)
{
    /// <summary>The paper's figure or table that shows the same, such as "figure 3"; or null.</summary>
    public string? Figure { get; init; }

    /// <summary>What a reader must know to read it right, in a sentence or two; or null.</summary>
    public string? Note { get; init; }

    /// <summary>What the page's script draws it by.</summary>
    public abstract string Kind { get; }

    /// <summary>Writes what the script draws, as properties.</summary>
    public abstract void WriteJson(Utf8JsonWriter json);

    /// <summary>Its numbers as lines of values, the header first.</summary>
    public abstract IEnumerable<IReadOnlyList<object?>> Lines();
}
