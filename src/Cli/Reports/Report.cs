using System.Text.Json;
using Weir.Cli.Output;
using Weir.Engine;
using Weir.Engine.Checkpoints;

namespace Weir.Cli.Reports;

/// <summary>
/// What a verb found, told once: its tables go to the terminal, and a directory gets the verb's JSON, tensors, every part as
/// CSV and all of it as a page.
/// </summary>
/// <param name="title">Heading of the page.</param>
/// <param name="summary">What was done to what, in a sentence.</param>
internal sealed class Report(string title, string summary)
{
    private readonly List<ReportPart> _parts = [];
    private readonly List<(string Name, Action<string> Save)> _files = [];
    private readonly SafetensorsWriter _tensors = new();
    private bool _hasTensors;

    /// <summary>Heading of the page.</summary>
    public string Title => title;

    /// <summary>What was done to what.</summary>
    public string Summary => summary;

    /// <summary>The paper whose method it is: authors, year, arXiv number; or null.</summary>
    public string? Paper { get; init; }

    /// <summary>Strings that stand in the head of the file of tensors, beside the record of the run.</summary>
    public IDictionary<string, string> TensorNotes => _tensors.Metadata;

    /// <summary>Tables and plots in their order.</summary>
    public IReadOnlyList<ReportPart> Parts => _parts;

    /// <summary>Adds a table or plot.</summary>
    public Report Add(ReportPart part)
    {
        if (_parts.Any(p => p.Name == part.Name))
        {
            throw new ArgumentException($"The report has a part {part.Name} already.", nameof(part));
        }

        _parts.Add(part);
        return this;
    }

    /// <summary>Adds a tensor to the file of tensors.</summary>
    public Report Tensor(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<float> values)
    {
        _tensors.Add(name, shape, values);
        _hasTensors = true;
        return this;
    }

    /// <summary>Adds a tensor of integers to the file of tensors.</summary>
    public Report Tensor(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<int> values)
    {
        _tensors.Add(name, shape, values);
        _hasTensors = true;
        return this;
    }

    /// <summary>Adds a tensor whose values are written when the file is.</summary>
    public Report Tensor(string name, ReadOnlySpan<long> shape, Action<Stream> write)
    {
        _tensors.Add(name, StoredType.F32, shape, write);
        _hasTensors = true;
        return this;
    }

    /// <summary>Adds a file of a format of its own.</summary>
    /// <param name="name">Its name in the report's directory.</param>
    /// <param name="save">Writes it to a path.</param>
    public Report File(string name, Action<string> save)
    {
        _files.Add((name, save));
        return this;
    }

    /// <summary>Prints the tables.</summary>
    public void Print(Terminal terminal)
    {
        foreach (TablePart table in _parts.OfType<TablePart>().Where(t => t.OnScreen))
        {
            terminal.Output.WriteLine();
            terminal.Output.WriteLine(Rendering.Ansi.Bold(terminal.Settings.Colors, table.Title));
            if (table.Note is not null)
            {
                foreach (string line in Rendering.TextWidth.Wrap(table.Note, terminal.Settings.Width))
                {
                    terminal.Output.WriteLine(line);
                }
            }

            table.Print(terminal);
        }
    }

    /// <summary>Writes DIR/result.json, DIR/tensors.safetensors, DIR/PART.csv, files of their own and DIR/report.html; says so.</summary>
    /// <param name="session">The run.</param>
    /// <param name="model">The model.</param>
    /// <param name="directory">The directory; made where it is not there.</param>
    /// <param name="results">Writes the verb's own results as properties.</param>
    public void Save(Session session, Model model, string directory, Action<Utf8JsonWriter> results)
    {
        Directory.CreateDirectory(directory);
        Action<Utf8JsonWriter> head = RunRecord.Of(model);
        RunRecord.Save(Path.Combine(directory, "result.json"), session, head, results);
        if (_hasTensors)
        {
            _tensors.Metadata["weir"] = RunRecord.ToText(session, head, _ => { });
            OutputFile.Save(Path.Combine(directory, "tensors.safetensors"), _tensors.Save);
        }

        foreach ((string name, Action<string> save) in _files)
        {
            OutputFile.Save(Path.Combine(directory, name), save);
        }

        foreach (ReportPart part in _parts)
        {
            OutputFile.Write(Path.Combine(directory, $"{part.Name}.csv"), stream => Csv.Write(stream, part.Lines()));
        }

        string page = ReportPage.Of(this, RunRecord.ToText(session, head, WriteParts));
        OutputFile.Write(Path.Combine(directory, "report.html"), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(page)));
        string[] beside = ["result.json", .. _hasTensors ? (string[])["tensors.safetensors"] : [], .. _files.Select(f => f.Name)];
        session.Terminal.Note($"wrote {Path.Combine(directory, "report.html")}, {string.Join(", ", beside)} and {_parts.Count} CSV files beside it");
    }

    private void WriteParts(Utf8JsonWriter json)
    {
        json.WriteString("title", Title);
        json.WriteString("summary", Summary);
        json.WriteString("paper", Paper);
        json.WriteStartArray("parts");
        foreach (ReportPart part in _parts)
        {
            json.WriteStartObject();
            json.WriteString("name", part.Name);
            json.WriteString("title", part.Title);
            json.WriteString("figure", part.Figure);
            json.WriteString("note", part.Note);
            json.WriteString("kind", part.Kind);
            part.WriteJson(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
