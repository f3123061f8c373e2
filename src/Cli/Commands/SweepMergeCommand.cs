using System.CommandLine;
using Weir.Analysis.Sweeps;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir sweep merge: joins the parts of a sweep.</summary>
internal sealed class SweepMergeCommand : Verb
{
    private readonly Argument<string[]> _files = new("FILE") { Arity = ArgumentArity.ZeroOrMore, Description = "the file to make, then the parts" };

    /// <summary>Makes the verb.</summary>
    public SweepMergeCommand() : base("merge", "joins parts of a sweep that were run with --shard into one file") => Add(_files);

    /// <inheritdoc/>
    public override string Notes => "Parts must be of one sweep: the same model, prompts, variants and measures. A cell that several parts have must be the same in all. Nothing is written unless everything fits.";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples => ["weir sweep merge heads.db heads-0.db heads-1.db heads-2.db heads-3.db"];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        string[] files = session.Arguments.GetValue(_files) ?? [];
        if (files.Length < 2)
        {
            throw new UsageException("weir sweep merge needs the file to make and at least one part.");
        }

        OutputFile.CheckFile("FILE", files[0]);
        if (File.Exists(files[0]))
        {
            throw new WeirException($"{files[0]} exists; name a new file.");
        }

        (int cells, int missing) = SweepFile.Merge(files[0], files[1..]);
        session.Terminal.Output.WriteLine($"wrote {files[0]}, {Text.Grouped(cells)} cells{(missing > 0 ? $"; {Text.Grouped(missing)} of the sweep are in no part" : "")}");
    }
}
