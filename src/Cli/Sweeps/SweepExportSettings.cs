using System.CommandLine;
using System.Text;
using Weir.Analysis.Sweeps;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Engine.Sweeps;

namespace Weir.Cli.Sweeps;

/// <summary>The options that say where a sweep's numbers go besides the terminal.</summary>
internal sealed class SweepExportSettings
{
    private readonly TextSetting _report = new("--report", "DIR", "write tables and maps as a page, JSON and CSV");
    private readonly TextSetting _csv = new("--csv", "FILE", "write every number as a line; - is the standard output, instead of the table");
    private readonly TextSetting _npz = new("--npz", "FILE", "write every measure as an array");

    /// <summary>All of them.</summary>
    public Option[] All => [_report, _csv, _npz];

    /// <summary>The report's directory, or null.</summary>
    public string? Report(ParseResult a) => _report.Get(a);

    /// <summary>True where the standard output is the table of every number.</summary>
    public bool TakesOutput(ParseResult a) => _csv.Get(a) == "-";

    /// <summary>Refuses what cannot be written.</summary>
    public void Check(ParseResult a)
    {
        OutputFile.Check("--csv", _csv.Get(a));
        OutputFile.CheckFile("--npz", _npz.Get(a));
        OutputFile.CheckDirectory("--report", _report.Get(a));
    }

    /// <summary>Writes the files of every number.</summary>
    public void Write(Session session, SweepDescription description, List<SweepCell> cells)
    {
        if (TakesOutput(session.Arguments))
        {
            SweepTable.WriteCsv(session.Terminal.Output, cells);
        }
        else if (_csv.Get(session.Arguments) is { } csv)
        {
            OutputFile.Write(csv, stream =>
            {
                using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
                SweepTable.WriteCsv(writer, cells);
            });
            session.Terminal.Note($"wrote {csv}");
        }

        if (_npz.Get(session.Arguments) is { } npz)
        {
            OutputFile.Save(npz, target => SweepTable.WriteNpz(target, description, cells));
            session.Terminal.Note($"wrote {npz}");
        }
    }
}
