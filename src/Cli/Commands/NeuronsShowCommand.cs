using System.CommandLine;
using Weir.Analysis.Neurons;
using Weir.Cli.Neurons;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir neurons show: one neuron's tokens and its strongest inputs.</summary>
internal sealed class NeuronsShowCommand : Verb
{
    private readonly Argument<string?> _neuron = NeuronName.Argument();
    private readonly IntegerSetting _top = new("--top", "K", "tokens of each vector", 8, 1, 64);
    private readonly TextSetting _file = new("--file", "FILE", "texts in which to look for its strongest inputs, one a line", "six carrier prompts");
    private readonly IntegerSetting _inputs = new("--inputs", "N", "inputs to show", 6, 1);
    private readonly TextSetting _out = new("--out", "DIR", "write the report");

    /// <summary>Makes the verb.</summary>
    public NeuronsShowCommand() : base("show", "shows a neuron: the tokens of its vectors, and where in texts it is strongest")
    {
        Add(_neuron);
        AddGroup("Tokens", _top);
        AddGroup("Inputs", _file, _inputs);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override bool TakesMany => false;

    /// <inheritdoc/>
    public override string Notes =>
        """
        Up and gate rows are what the neuron reads by, the down column is what it writes. Vectors of the first half of the layers are shown in the embedding too, where the model has one of its own. The first token of a text is left out of the inputs: many models put values there that mean nothing.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir neurons show 6.149",
        "weir neurons show 6.149 --file texts.txt --inputs 10",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        PromptSettings.RequireNoStrayOption(a, _neuron);
        string? directory = _out.Get(a);
        OutputFile.CheckDirectory("--out", directory);

        NeuronName name = NeuronName.Parse(a.GetValue(_neuron));
        IReadOnlyList<string> texts = _file.Get(a) is { } file ? PromptSettings.ReadLines(file) : CarrierPrompts.All;
        (int top, int inputs) = (_top.Get(a), _inputs.Get(a));
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        name.Require(model.Spec);
        IReadOnlyList<(NeuronReading Reading, NeuronView View)> views = [.. Readings(model, name).Select(r => (r, NeuronView.Read(model, r, name.Layer, name.Index, top)))];
        IReadOnlyList<int[]> ids = TextWindows.Of(model, texts);
        (IReadOnlyList<NeuronInput> largest, IReadOnlyList<NeuronInput> smallest) = session.Watch("reading", bar => NeuronInputs.Run(model, name.Layer, name.Index, ids, inputs, bar));
        Report report = NeuronShowReport.Make(model, name, views, ids, largest, smallest);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            report.Save(session, model, directory, json => NeuronShowReport.WriteJson(json, model, name, views, ids, largest));
        }
    }

    private static IEnumerable<NeuronReading> Readings(Model model, NeuronName name)
    {
        MlpMatrix[] matrices = model.Spec.Mlp.Gated ? [MlpMatrix.Up, MlpMatrix.Gate, MlpMatrix.Down] : [MlpMatrix.Up, MlpMatrix.Down];
        bool early = name.Layer < model.Spec.Layers / 2 && !model.Spec.TiedHead && model.Spec.Embedding.Width == model.Spec.Width;
        return from basis in early ? (LensBasis[])[LensBasis.Unembedding, LensBasis.Embedding] : [LensBasis.Unembedding]
               from matrix in matrices
               select new NeuronReading { Matrix = matrix, Basis = basis };
    }
}
