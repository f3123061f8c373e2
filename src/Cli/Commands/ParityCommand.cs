using System.CommandLine;
using Weir.Cli.Options;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir parity: compares models with the reference outputs beside them.</summary>
internal sealed class ParityCommand : Verb
{
    private readonly Argument<string[]> _directories = new("DIR") { Arity = ArgumentArity.ZeroOrMore, Description = "model directories with a reference.safetensors" };
    private readonly TextSetting _json = new("--json", "FILE", "write the numbers as JSON; - is the standard output");

    /// <summary>Makes the verb.</summary>
    public ParityCommand() : base("parity", "compares models with the reference outputs that lie beside them")
    {
        Add(_directories);
        AddGroup("Output", _json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples => ["weir parity tests/fixtures/models/llama", "weir parity tests/fixtures/models/* --json parity.json"];

    /// <inheritdoc/>
    public override void Run(Session session) => throw new WeirException("The verb parity is not in this version of Weir.");
}
