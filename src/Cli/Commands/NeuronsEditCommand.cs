using System.CommandLine;
using Weir.Analysis.Neurons;
using Weir.Cli.Neurons;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;
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
    private readonly IntegerSetting _layer = new("--layer", "L", "block behind which v0 is read", -1, 0, defaultText: "of the last quarter the one that gives the concept most");
    private readonly ChoiceSetting _norm = new("--norm", "between a vector and the unembedding while it is looked for", "full", "scale", "none");
    private readonly RealSetting _noise = new("--noise", "S", "standard deviation of the noise, in |v0| / sqrt(d)", 0.1f, "a number of at least 0", s => s >= 0);
    private readonly IntegerSetting _candidates = new("--candidates", "N", "vectors tried in a round", 4096, 1);
    private readonly IntegerSetting _rounds = new("--rounds", "N", "most rounds", 10, 0);
    private readonly RealSetting _enough = new("--enough", "P", "probability of the concept at which its vector is good enough", 0.9f, "a number above 0 and at most 1", p => p is > 0 and <= 1);
    private readonly ChoiceSetting _matrices = new("--matrices", "vectors that may be turned round", "gate+up", "gate+up+down", "down");
    private readonly RealSetting _threshold = new("--threshold", "COS", "turn every vector above this cosine round, the largest first, instead of one by one until --stop", 1, "a number above -1 and below 1", c => c is > -1 and < 1, "none");
    private readonly RealSetting _stop = new("--stop", "P", "one by one: probability of the concept at which to stop", 0.005f, "a number from 0 to 1", p => p is >= 0 and <= 1);
    private readonly IntegerSetting _most = new("--most", "N", "most vectors", 32, 1);
    private readonly RepeatedSetting _apply = new("--apply", "FILE", "first put this patch on");
    private readonly TextSetting _file = new("--file", "FILE", "unrelated texts for the KL, one a line", "64 sentences of indirect objects");
    private readonly IntegerSetting _seed = new("--seed", "S", "draws noise and sentences", 0, 0);
    private readonly TextSetting _out = new("--out", "DIR", "write the report, and the edits to DIR/patch.safetensors");

    /// <summary>Makes the verb.</summary>
    public NeuronsEditCommand() : base("edit", "finds a concept's direction, turns the MLP vectors along it round, and measures what is left of the concept and of the rest")
    {
        Add(_concept);
        AddGroup("Texts", _prompt, _reverse, _translation, _file);
        AddGroup("Vector", _layer, _norm, _noise, _candidates, _rounds, _enough);
        AddGroup("Edits", _matrices, _threshold, _stop, _most, _apply, _seed);
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

        string? word = a.GetValue(_concept), prompt = _prompt.Get(a);
        if (word is null != prompt is null)
        {
            throw new UsageException(word is null ? "--prompt makes the model name a concept; give its WORD too." : "--prompt is missing: a text that makes the model name the concept next.");
        }

        if (word is null && _apply.Get(a).Length == 0)
        {
            throw new UsageException("A WORD and its --prompt, or a patch to --apply, are missing.");
        }

        var vector = new ConceptVectorOptions
        {
            Norm = (NeuronNorm)(2 - _norm.Get(a)),
            Layer = a.GetValue(_layer) is null ? null : _layer.Get(a),
            Noise = _noise.Get(a),
            Candidates = _candidates.Get(a),
            MostRounds = _rounds.Get(a),
            Enough = _enough.Get(a),
            Seed = _seed.Get(a),
        };
        var edits = new ConceptEditOptions { Threshold = a.GetValue(_threshold) is null ? null : _threshold.Get(a), Enough = _stop.Get(a), Most = _most.Get(a) };
        VectorPatch[] applied = [.. _apply.Get(a).Select(VectorPatch.Load)];
        string[]? unrelated = _file.Get(a) is { } file ? [.. PromptSettings.ReadLines(file)] : null;
        session.InEffect["--threshold"] = edits.Threshold is { } t ? Text.Fixed(t, 6) : null;
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        EditTexts texts = EditTexts.Read(model, word, prompt, _translation.Get(a), _reverse.Get(a));
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
            EditConcept(session, model, outcome, texts, vector, edits, made);
        }

        texts.MeasureAfter(model);
        costs.Measure(model);
        outcome.Undo(model, [.. applied, .. made.Edits.Count > 0 ? (VectorPatch[])[made] : []]);
        Report report = EditReport.Make(model, outcome);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            report.Save(session, model, directory, json => EditReport.WriteJson(json, outcome, edits.Threshold));
            if (made.Edits.Count > 0)
            {
                OutputFile.Save(Path.Combine(directory, "patch.safetensors"), made.Save);
            }
        }
    }

    private void EditConcept(Session session, Model model, EditOutcome outcome, EditTexts texts, ConceptVectorOptions vector, ConceptEditOptions edits, VectorPatch patch)
    {
        using var bar = new ProgressBar(session.Terminal, "editing", session.Cancellation);
        outcome.Vector = ConceptVector.Run(model, texts.Trigger.Ids, texts.Trigger.Token, vector, bar);
        session.InEffect["--layer"] = Text.Of(outcome.Vector.Layer);
        MlpMatrix[][] choices = [[MlpMatrix.Gate, MlpMatrix.Up], [MlpMatrix.Gate, MlpMatrix.Up, MlpMatrix.Down], [MlpMatrix.Down]];
        MlpMatrix[] matrices = [.. choices[_matrices.Get(session.Arguments)].Where(m => m != MlpMatrix.Gate || model.Spec.Mlp.Gated)];
        AlignedVector[] scan = DirectionScan.Run(model, outcome.Vector.Vector, matrices, bar);
        outcome.Steps = ConceptEdit.Run(model, outcome.Vector.Vector, scan, texts.Trigger.Ids, texts.Trigger.Token, edits, patch, bar);
        patch.Undo(model);
        outcome.Control = ConceptEdit.Control(model, outcome.Vector.Vector, scan, outcome.Steps.Count, texts.Trigger.Ids, texts.Trigger.Token, seed: _seed.Get(session.Arguments));
        patch.Apply(model);
    }
}
