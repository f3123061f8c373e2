using System.CommandLine;
using System.Text.Json;
using Weir.Analysis.Neurons;
using Weir.Cli.Neurons;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir neurons show: one neuron's tokens and its strongest inputs.</summary>
internal sealed class NeuronsShowCommand : Verb
{
    private const int ContextTokens = 8;

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
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        name.Require(model.Spec);
        IReadOnlyList<(NeuronReading Reading, NeuronView View)> views = [.. Readings(model, name).Select(r => (r, NeuronView.Read(model, r, name.Layer, name.Index, _top.Get(a))))];
        IReadOnlyList<int[]> ids = TextWindows.Of(model, texts);
        IReadOnlyList<NeuronInput> largest, smallest;
        using (var bar = new ProgressBar(session.Terminal, "reading", session.Cancellation))
        {
            (largest, smallest) = NeuronInputs.Run(model, name.Layer, name.Index, ids, _inputs.Get(a), bar);
        }

        var report = new Report($"Neuron {name}", "The tokens of its vectors, and the inputs at which it is strongest.") { Paper = NeuronMapReport.Paper };
        report.Add(Vectors(model, views));
        report.Add(Inputs(model, "strongest", "Strongest inputs, the token in brackets", ids, largest));
        report.Add(Inputs(model, "lowest", "Inputs with the lowest values", ids, [.. smallest.Take(3)]));
        report.Print(session.Terminal);
        if (directory is not null)
        {
            report.Save(session, model, directory, json => WriteJson(json, model, name, views, ids, largest));
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

    private static TablePart Vectors(Model model, IReadOnlyList<(NeuronReading Reading, NeuronView View)> views)
    {
        TablePart table = new TablePart("vectors", "Tokens of its vectors, the largest product first") { Note = "norm none, input gain off, unembedding unless said" }
            .Column("vector").Number("|w|", "F2").Number("p", "G3").Number("p scale", "F3").Number("s", "F2").Number("cosine", "F2").Column("tokens");
        foreach ((NeuronReading reading, NeuronView v) in views)
        {
            table.Row(
                $"{reading.Matrix.ToString().ToLowerInvariant()}{(reading.Basis == LensBasis.Embedding ? ", embedding" : "")}", v.Norm, v.Probability, v.ScaledProbability,
                v.Products[0], v.Cosines[0], string.Join(' ', v.TopIds.Select(id => Token(model, id))));
        }

        return table;
    }

    private static TablePart Inputs(Model model, string name, string title, IReadOnlyList<int[]> texts, IReadOnlyList<NeuronInput> inputs)
    {
        TablePart table = new TablePart(name, title).Number("value", "F2").Number("text", "N0").Number("position", "N0").Column("context");
        foreach (NeuronInput i in inputs)
        {
            table.Row(i.Value, i.Text, i.Position, Context(model, texts[i.Text], i.Position));
        }

        return table;
    }

    private static string Context(Model model, int[] ids, int position)
    {
        int first = Math.Max(0, position - ContextTokens), end = Math.Min(ids.Length, position + 3);
        string Of(int from, int to) => string.Concat(Enumerable.Range(from, to - from).Select(p => Token(model, ids[p])));
        return $"{(first > 0 ? "…" : "")}{Of(first, position)}[{Token(model, ids[position])}]{Of(position + 1, end)}{(end < ids.Length ? "…" : "")}";
    }

    private static string Token(Model model, int id) => TokenText.Of(model.HasTokenizer ? model.Tokenizer : null, id);

    private static void WriteJson(
        Utf8JsonWriter json, Model model, NeuronName name, IReadOnlyList<(NeuronReading Reading, NeuronView View)> views, IReadOnlyList<int[]> texts, IReadOnlyList<NeuronInput> inputs)
    {
        json.WriteNumber("l", name.Layer);
        json.WriteNumber("i", name.Index);
        json.WriteStartArray("vectors");
        foreach ((NeuronReading reading, NeuronView v) in views)
        {
            json.WriteStartObject();
            json.WriteString("reading", reading.ToString());
            JsonNumbers.Write(json, "norm", v.Norm);
            JsonNumbers.Write(json, "lse", v.LogSumExp);
            JsonNumbers.Write(json, "p_none", v.Probability);
            JsonNumbers.Write(json, "p_scale", v.ScaledProbability);
            RunRecord.WriteIds(json, "ids", v.TopIds);
            JsonNumbers.Write(json, "s", v.Products.Select(s => (double)s));
            JsonNumbers.Write(json, "cos", v.Cosines.Select(c => (double)c));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("inputs");
        foreach (NeuronInput i in inputs)
        {
            json.WriteStartObject();
            JsonNumbers.Write(json, "value", i.Value);
            json.WriteNumber("text", i.Text);
            json.WriteNumber("position", i.Position);
            json.WriteString("context", Context(model, texts[i.Text], i.Position));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
