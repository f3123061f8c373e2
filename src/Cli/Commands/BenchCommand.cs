using Weir.Cli.Options;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir bench: measures a model on this machine.</summary>
internal sealed class BenchCommand : Verb
{
    private readonly TextSetting _json = new("--json", "FILE", "write the numbers as JSON; - is the standard output");

    /// <summary>Makes the verb.</summary>
    public BenchCommand() : base("bench", "measures a model on this machine") => AddGroup("Output", _json);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples => ["weir bench", "weir bench --model models/demo --threads 1 --json bench.json"];

    /// <inheritdoc/>
    public override void Run(Session session) => throw new WeirException("The verb bench is not in this version of Weir.");
}
