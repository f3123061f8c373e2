using System.CommandLine;
using Weir.Analysis.Neurons;
using Weir.Cli.Neurons;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir neurons diff: how many neurons keep their token from one checkpoint to another.</summary>
internal sealed class NeuronsDiffCommand : Verb
{
    private readonly Argument<string[]> _models = new("DIR")
    {
        Arity = new ArgumentArity(0, 2),
        Description = "the base and the other checkpoint, such as the instruct model; of one, the base is --model",
    };

    private readonly NeuronReadingSettings _reading = new();
    private readonly ChoiceSetting _head = new("--head", "the unembedding that decodes the other checkpoint: its own, or the base's", "own", "base");
    private readonly IntegerSetting _null = new("--null", "N", "random vectors that go through both unembeddings", 4096, 1);
    private readonly IntegerSetting _seed = new("--seed", "S", "draws them", 0, 0);
    private readonly TextSetting _out = new("--out", "DIR", "write the report");

    /// <summary>Makes the verb.</summary>
    public NeuronsDiffCommand() : base("diff", "counts the neurons that have the same first token in two checkpoints of one model")
    {
        Add(_models);
        AddGroup("Reading", _reading.All.Append(_head).ToArray());
        AddGroup("Null", _null, _seed);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        Two unembeddings that are much alike make random vectors agree too, so what they agree on stands beside every number.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir neurons diff Llama-3.1-8B Llama-3.1-8B-Instruct --device cuda",
        "weir neurons diff models/demo",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        PromptSettings.RequireNoStrayOption(a, _models);
        string? directory = _out.Get(a);
        OutputFile.CheckDirectory("--out", directory);

        string[] models = a.GetValue(_models) ?? [];
        string other = models.Length > 0 ? models[^1] : throw new UsageException("The other checkpoint's directory is missing.");
        if (models.Length == 2)
        {
            if (session.NamesModel)
            {
                throw new UsageException("--model and two directories name two bases; give one of them.");
            }

            session.ModelDirectory = models[0];
        }

        NeuronReading reading = _reading.Get(a);
        bool shared = _head.Get(a) == 1;
        (int nullCount, int seed) = (_null.Get(a), _seed.Get(a));
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        using Model changed = session.LoadModel(device, other);
        AgreementResult result = session.Watch("comparing", bar => CheckpointAgreement.Run(model, changed, reading, shared, nullCount, seed, bar));
        Report report = AgreementReport.Make(model, changed, reading, result);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            report.Save(session, model, directory, json => AgreementReport.WriteJson(json, model, changed, reading, result));
        }
    }
}
