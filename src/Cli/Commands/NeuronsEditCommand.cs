using System.CommandLine;
using Weir.Analysis.Neurons;
using Weir.Cli.Neurons;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir neurons edit: takes a concept out of the weights, and measures what that costs.</summary>
internal sealed class NeuronsEditCommand : Verb
{
    private readonly Argument<string?> _concept = new("WORD")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "the concept, a word or id:312; of a name of several tokens the first counts",
    };

    private readonly TextSetting _prompt = new("--prompt", "TEXT", "a text that makes the model name the concept next");
    private readonly RepeatedSetting _reverse = new("--reverse", "TEXT", "a text that names the concept and asks about it; what the model says next is compared");
    private readonly RepeatedSetting _translation = new("--translation", "LANG=TEXT", "the prompt in another language, such as fr=..., measured like the prompt");
    private readonly ConceptEditSettings _edit = new();
    private readonly RepeatedSetting _apply = new("--apply", "FILE", "first put this patch on");
    private readonly TextSetting _file = new("--file", "FILE", "unrelated texts for the KL, one a line", "64 sentences of indirect objects");
    private readonly IntegerSetting _seed = new("--seed", "S", "draws noise and sentences", 0, 0);
    private readonly TextSetting _out = new("--out", "DIR", "write the report, and the edits to DIR/patch.safetensors");

    /// <summary>Makes the verb.</summary>
    public NeuronsEditCommand() : base("edit", "finds a concept's direction, turns the MLP vectors along it round, and measures what is left of the concept and of the rest")
    {
        Add(_concept);
        AddGroup("Texts", _prompt, _reverse, _translation, _file);
        AddGroup("Vector", _edit.OfVector);
        AddGroup("Edits", [.. _edit.OfEdits, _apply, _seed]);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override bool TakesMany => false;

    /// <inheritdoc/>
    public override string Notes =>
        """
        A neuron whose up row and down column are both turned round writes what it wrote before, so that gate+up+down can take back with one vector what it did with another.
        The weights change in this run's memory alone, and at its end every vector is put back and compared bit by bit. The patch of --out holds the vectors before and after; --apply puts patches on, one after another, and without a WORD only measures with them.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir neurons edit France --prompt \"Paris is the capital of\" --matrices down --reverse \"The capital of France is\"",
        "weir neurons edit France --prompt \"Paris is the capital of\" --threshold 0.3 --out edit",
        "weir neurons edit --apply edit/patch.safetensors --reverse \"People in France speak\"",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        PromptSettings.RequireNoStrayOption(a, _concept);
        string? directory = _out.Get(a);
        OutputFile.CheckDirectory("--out", directory);
        if (session.StreamsWeights)
        {
            throw new UsageException("--stream-weights leaves the weights on the disk, but edit changes them in memory; run it without.");
        }

        string? word = a.GetValue(_concept), prompt = _prompt.Get(a);
        if (word is null != prompt is null)
        {
            throw new UsageException(word is null ? "--prompt makes the model name a concept; give its WORD too." : "--prompt is missing: a text that makes the model name the concept next.");
        }

        if (word is null)
        {
            if (_apply.Get(a).Length == 0)
            {
                throw new UsageException("A WORD and its --prompt, or a patch to --apply, are missing.");
            }

            UnusedOptions.Refuse(a, "belongs to a WORD and its --prompt, which are missing", [_translation, .. _edit.OfVector, .. _edit.OfEdits]);
        }

        ConceptVectorOptions vector = _edit.Vector(a, _seed.Get(a));
        ConceptEditOptions edits = _edit.Edits(a);
        Func<ModelSpec, MlpMatrix[]> matrices = _edit.Matrices(a);
        (string Language, string Text)[] translations = [.. _translation.Get(a).Select(Translation)];
        string[] reverse = _reverse.Get(a);
        VectorPatch[] applied = [.. _apply.Get(a).Select(VectorPatch.Load)];
        string[]? unrelated = _file.Get(a) is { } file ? [.. PromptSettings.ReadLines(file)] : null;
        session.InEffect["--threshold"] = edits.Threshold is { } t ? Text.Fixed(t, 6) : null;
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        EditTexts texts = EditTexts.Read(model, word, prompt, translations, reverse);
        var costs = new EditCosts(model, unrelated, _seed.Get(a));
        var outcome = new EditOutcome(word, texts, costs);
        texts.MeasureBefore(model);
        foreach (VectorPatch patch in applied)
        {
            patch.Apply(model);
        }

        var made = new VectorPatch(model.Hash) { Notes = { ["concept"] = word ?? "" } };
        if (word is not null)
        {
            EditConcept(session, model, outcome, vector, edits, matrices(model.Spec), made);
        }

        texts.MeasureAfter(model);
        costs.Measure(model);
        outcome.Undo(model, [.. applied, .. made.Edits.Count > 0 ? (VectorPatch[])[made] : []]);
        Report report = EditReport.Make(model, outcome);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            if (made.Edits.Count > 0)
            {
                report.File("patch.safetensors", made.Save);
            }

            report.Save(session, model, directory, json => EditReport.WriteJson(json, outcome, edits.Threshold));
        }
    }

    private static (string Language, string Text) Translation(string given)
    {
        int cut = given.IndexOf('=', StringComparison.Ordinal);
        return cut > 0 && cut < given.Length - 1 ? (given[..cut], given[(cut + 1)..]) : throw new UsageException($"--translation is LANG=TEXT, such as fr=\"...\", not '{given}'.");
    }

    private static void EditConcept(
        Session session, Model model, EditOutcome outcome, ConceptVectorOptions vector, ConceptEditOptions edits, MlpMatrix[] matrices, VectorPatch patch)
    {
        EditText trigger = outcome.Texts.Trigger;
        ConceptVectorResult found = session.Watch("looking for the vector", bar => ConceptVector.Run(model, trigger.Ids, trigger.Token, vector, bar));
        outcome.Vector = found;
        session.InEffect["--layer"] = Text.Of(found.Layer);
        AlignedVector[] scan = session.Watch("scanning", bar => DirectionScan.Run(model, found.Vector, matrices, bar));
        outcome.Steps = session.Watch("editing", bar => ConceptEdit.Run(model, found.Vector, scan, trigger.Ids, trigger.Token, edits, patch, bar));
        patch.Undo(model);
        outcome.Control = ConceptEdit.Control(model, found.Vector, scan, outcome.Steps.Count, trigger.Ids, trigger.Token, seed: vector.Seed);
        patch.Apply(model);
    }
}
