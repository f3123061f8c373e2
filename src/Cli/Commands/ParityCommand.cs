using System.CommandLine;
using System.Text.Json;
using Weir.Analysis.Parity;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Kernels;
using Weir.Kernels.Cuda;

namespace Weir.Cli.Commands;

/// <summary>weir parity: compares models with the reference outputs beside them.</summary>
internal sealed class ParityCommand : Verb
{
    private readonly Argument<string[]> _directories = new("DIR") { Arity = ArgumentArity.ZeroOrMore, Description = "model directories with a reference.safetensors; none for --model" };
    private readonly TextSetting _reference = new("--reference", "FILE", "reference to compare with", "reference.safetensors in the directory");
    private readonly TextSetting _json = new("--json", "FILE", "write the numbers as JSON; - is the standard output");

    /// <summary>Makes the verb.</summary>
    public ParityCommand() : base("parity", "compares a model's logits, residuals, attention and MLP values with Hugging Face's")
    {
        Add(_directories);
        AddGroup("Comparison", _reference);
        AddGroup("Output", _json);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        The reference holds input_ids and what transformers computed for them in float32: logits, hidden_states.N, attentions.N, attn_out.N, mlp_out.N, mlp_act.N, greedy. A tensor passes where its largest absolute difference is at most max(5e-5, 1e-5 x its largest value); greedy tokens must be the same. What cannot be loaded or has no reference is named, and the others are compared. The exit code is 2 where something does not pass.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
        ["weir parity tests/fixtures/models/llama3", "weir parity tests/fixtures/models/{gpt2,gemma2,olmo2} --json parity.json"];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        string? json = _json.Get(session.Arguments);
        OutputFile.Check("--json", json);
        string[] directories = session.Arguments.GetValue(_directories) is { Length: > 0 } given ? given : [session.ModelDirectory];
        var reports = new List<ParityReport>();
        var refused = new List<(string Directory, string Sentence)>();

        // What it is compared with was computed in float32.
        using IDevice device = session.OpenDevice(CudaPrecision.F32);
        foreach (string directory in directories)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            try
            {
                reports.Add(Compare(session, device, directory));
            }
            catch (Exception e) when (directories.Length > 1 && e is not ClosedPipeException && WeirProgram.Sentence(e) is not null)
            {
                // What cannot be compared keeps nothing else from it. Most sentences begin with the directory.
                string sentence = WeirProgram.Sentence(e)!;
                refused.Add((directory, sentence.StartsWith($"{directory}: ", StringComparison.Ordinal) ? sentence[(directory.Length + 2)..] : sentence));
                if (json != "-")
                {
                    session.Terminal.Output.WriteLine($"{Ansi.Bold(session.Terminal.Settings.Colors, directory)} is not compared: {refused[^1].Sentence}");
                    session.Terminal.Output.WriteLine();
                }

                continue;
            }

            if (json != "-")
            {
                Write(session.Terminal, reports[^1]);
            }
        }

        if (json is not null)
        {
            RunRecord.Save(json, session, w => w.WriteString("device", device.Name), w => WriteJson(w, reports, refused));
        }

        ParityReport[] failed = [.. reports.Where(r => !r.Passed)];
        string[] wrong =
        [
            .. failed.Length == 0 ? (string[])[] : [$"{failed.Sum(r => r.Rows.Count(x => !x.Passed))} tensors are past their tolerance in {string.Join(", ", failed.Select(r => r.Location))}; the table names them"],
            .. refused.Count == 0 ? (string[])[] : [$"{refused.Count} of {directories.Length} directories could not be compared: {string.Join(", ", refused.Select(r => r.Directory))}"],
        ];
        if (wrong.Length > 0)
        {
            throw new WeirException($"ParityFailed: {string.Join("; ", wrong)}.");
        }
    }

    private ParityReport Compare(Session session, IDevice device, string directory)
    {
        session.ModelDirectory = directory;
        using Model model = session.LoadModel(device);
        return session.Watch("comparing", bar => ParityCheck.Run(model, _reference.Get(session.Arguments), bar));
    }

    private static void Write(Terminal terminal, ParityReport report)
    {
        terminal.Output.WriteLine(Ansi.Bold(terminal.Settings.Colors, $"{report.Location} ({report.Family})"));
        var table = new TextTable(terminal).Column("reference", flexible: true).Column("site", flexible: true)
            .Column("largest", right: true).Column("abs diff", right: true).Column("rel diff", right: true).Column("tolerance", right: true).Column("");
        foreach (ParityRow row in report.Rows)
        {
            table.Row(row.Reference, row.Site, Scientific(row.Largest), Scientific(row.Difference), Scientific(row.Relative), Scientific(row.Tolerance), row.Passed ? "ok" : "FAILED");
        }

        table.Write("  ");
        foreach (IGrouping<string, (string Reference, string Reason)> skipped in report.Skipped.GroupBy(s => s.Reason, StringComparer.Ordinal))
        {
            terminal.Output.WriteLine($"  {Text.Of(skipped.Count())} tensors not compared: {(skipped.Key.StartsWith("has", StringComparison.Ordinal) ? string.Join(", ", skipped.Select(s => s.Reference)) + " " : "what ")}{skipped.Key}");
        }

        terminal.Output.WriteLine();
    }

    private static void WriteJson(Utf8JsonWriter json, List<ParityReport> reports, List<(string Directory, string Sentence)> refused)
    {
        json.WriteStartArray("models");
        foreach (ParityReport report in reports)
        {
            json.WriteStartObject();
            json.WriteString("directory", report.Location);
            json.WriteString("family", report.Family);
            json.WriteBoolean("passed", report.Passed);
            json.WriteStartArray("tensors");
            foreach (ParityRow row in report.Rows)
            {
                json.WriteStartObject();
                json.WriteString("reference", row.Reference);
                json.WriteString("site", row.Site);
                json.WriteNumber("values", row.Count);
                JsonNumbers.Write(json, "largest", row.Largest);
                JsonNumbers.Write(json, "absolute_difference", row.Difference);
                JsonNumbers.Write(json, "relative_difference", row.Relative);
                JsonNumbers.Write(json, "tolerance", row.Tolerance);
                json.WriteBoolean("passed", row.Passed);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        foreach ((string directory, string sentence) in refused)
        {
            json.WriteStartObject();
            json.WriteString("directory", directory);
            json.WriteBoolean("passed", false);
            json.WriteString("error", sentence);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Scientific(double value) => value == 0 ? "0" : value.ToString("0.0e+0", System.Globalization.CultureInfo.InvariantCulture);
}
