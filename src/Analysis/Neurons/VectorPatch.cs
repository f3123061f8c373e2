using System.Globalization;
using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>
/// Changes of a checkpoint's MLP vectors in the order in which they were made, with the bits before and after each. It
/// applies to the same checkpoint and nothing else, and taking it back leaves every bit as it was.
/// </summary>
public sealed class VectorPatch
{
    private const string Kind = "weir.vector_patch";

    private readonly List<VectorEdit> _edits = [];

    /// <summary>Makes a patch without changes.</summary>
    /// <param name="model">The checkpoint's name in results; see <see cref="Model.Hash"/>.</param>
    public VectorPatch(string model) => ModelHash = model;

    /// <summary>The checkpoint that it belongs to.</summary>
    public string ModelHash { get; }

    /// <summary>What the user should know of it: free strings that are saved with it.</summary>
    public IDictionary<string, string> Notes { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The changes.</summary>
    public IReadOnlyList<VectorEdit> Edits => _edits;

    /// <summary>Changes a vector of a model and writes it down.</summary>
    public void Replace(Model model, MlpVector vector, ReadOnlySpan<float> values)
    {
        StoredVector old = model.Vectors.Replace(vector, values);
        _edits.Add(new VectorEdit(old, model.Vectors[vector]));
    }

    /// <summary>Makes the changes in a model.</summary>
    /// <exception cref="WeirException">The model is another, or has been changed at one of these places; nothing is changed then.</exception>
    public void Apply(Model model)
    {
        if (model.Hash != ModelHash)
        {
            throw new WeirException($"The patch belongs to another checkpoint ({ModelHash}) than {model.Location} ({model.Hash}).");
        }

        RequireBits(model, Enumerable.Reverse(_edits).Select(e => e.Old));
        foreach (VectorEdit edit in _edits)
        {
            model.Vectors.Restore(edit.New);
        }
    }

    /// <summary>Takes the changes back, the last first.</summary>
    /// <exception cref="WeirException">The model is not as the patch left it; nothing is changed then.</exception>
    public void Undo(Model model)
    {
        RequireBits(model, _edits.Select(e => e.New));
        foreach (VectorEdit edit in Enumerable.Reverse(_edits))
        {
            model.Vectors.Restore(edit.Old);
        }
    }

    /// <summary>Saves it as safetensors: NUMBER.LAYER.MATRIX.INDEX.old and .new, in the checkpoint's type.</summary>
    public void Save(string path)
    {
        var writer = new SafetensorsWriter();
        foreach ((string name, string value) in Notes)
        {
            writer.Metadata[name] = value;
        }

        writer.Metadata["format"] = Kind;
        writer.Metadata["model"] = ModelHash;
        for (int i = 0; i < _edits.Count; i++)
        {
            MlpVector v = _edits[i].Old.Vector;
            string name = string.Create(CultureInfo.InvariantCulture, $"{i:D6}.{v.Layer}.{v.Matrix.ToString().ToLowerInvariant()}.{v.Index}");
            foreach ((string end, StoredVector stored) in new[] { ("old", _edits[i].Old), ("new", _edits[i].New) })
            {
                writer.Add($"{name}.{end}", Enum.Parse<StoredType>(stored.Type.ToString()), [stored.Bits.Length / stored.Type.Size()], stream => stream.Write(stored.Bits));
            }
        }

        writer.Save(path);
    }

    /// <summary>Reads a patch.</summary>
    /// <exception cref="WeirException">The file is none.</exception>
    public static VectorPatch Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault("format") != Kind || !file.Metadata.TryGetValue("model", out string? model))
        {
            throw new WeirException($"{path} is no patch of MLP vectors; 'weir neurons edit --out' writes them.");
        }

        var patch = new VectorPatch(model);
        foreach ((string name, string value) in file.Metadata.Where(m => m.Key is not ("format" or "model")))
        {
            patch.Notes[name] = value;
        }

        foreach (TensorView old in file.Tensors.Where(t => t.Name.EndsWith(".old", StringComparison.Ordinal)).OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            MlpVector vector = Parse(path, old.Name);
            var edit = new VectorEdit(Stored(path, vector, old), Stored(path, vector, file[$"{old.Name[..^3]}new"]));
            if (edit.Old.Type != edit.New.Type || edit.Old.Bits.Length != edit.New.Bits.Length)
            {
                throw new WeirException($"{path} has {old.Name} and what replaces it in different types or lengths.");
            }

            patch._edits.Add(edit);
        }

        return patch;
    }

    private static StoredVector Stored(string path, MlpVector vector, TensorView view) => new(
        vector, view.Type.WeightType() ?? throw new WeirException($"{path} has {view.Name} as {view.Type}; weights are F32, BF16 or F16."), view.Bytes.ToArray());

    private static MlpVector Parse(string path, string name)
    {
        string[] words = name.Split('.');
        return words.Length == 5 && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
            && Enum.TryParse(words[2], ignoreCase: true, out MlpMatrix matrix) && Enum.IsDefined(matrix)
            && int.TryParse(words[3], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? new MlpVector(layer, matrix, index)
            : throw new WeirException($"{path} has a tensor {name}, which names no vector of an MLP.");
    }

    // Of a place that was changed more than once the last of these counts.
    private static void RequireBits(Model model, IEnumerable<StoredVector> expected)
    {
        var last = new Dictionary<MlpVector, StoredVector>();
        foreach (StoredVector stored in expected)
        {
            last[stored.Vector] = stored;
        }

        foreach (StoredVector stored in last.Values)
        {
            if (!model.Vectors[stored.Vector].Bits.AsSpan().SequenceEqual(stored.Bits))
            {
                throw new WeirException($"The model's {stored.Vector} is not as the patch knows it; patches come off in the reverse of the order in which they went on.");
            }
        }
    }
}
