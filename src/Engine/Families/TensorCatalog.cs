using System.Globalization;
using Weir.Engine.Checkpoints;

namespace Weir.Engine.Families;

/// <summary>
/// The checkpoint's tensors as a family asks for them: each one with the shape that the configuration implies. What no
/// family asked for is left over, and a left-over weight of a block is an error, because leaving it out changes the result.
/// </summary>
/// <param name="location">The checkpoint's directory, for messages.</param>
/// <param name="tensors">All tensors by name.</param>
internal sealed class TensorCatalog(string location, IReadOnlyDictionary<string, TensorView> tensors)
{
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private string _prefix = "";
    private string _layers = "";

    /// <summary>Bytes of all tensors asked for.</summary>
    public long UsedBytes => _used.Sum(name => tensors[name].ByteLength);

    /// <summary>The tensors asked for.</summary>
    public IEnumerable<TensorView> Used => _used.Select(name => tensors[name]);

    /// <summary>
    /// Finds out which of the naming styles the checkpoint has: the model's tensors stand under the first prefix under
    /// which the embedding does.
    /// </summary>
    public void ChoosePrefix(IEnumerable<string> prefixes, string embedding)
    {
        string? first = null;
        foreach (string prefix in prefixes)
        {
            first ??= prefix;
            if (!tensors.ContainsKey(prefix + embedding))
                continue;
            _prefix = prefix;
            return;
        }

        throw Missing(first + embedding);
    }

    /// <summary>Compares the number of blocks that have tensors with the configuration's.</summary>
    /// <param name="stem">What stands before a block's number, without the prefix.</param>
    /// <param name="layers">Blocks in the configuration.</param>
    public void CheckLayers(string stem, int layers)
    {
        _layers = _prefix + stem;
        long found = 0;
        foreach (string name in tensors.Keys)
        {
            if (!name.StartsWith(_layers, StringComparison.Ordinal))
                continue;
            ReadOnlySpan<char> rest = name.AsSpan(_layers.Length);
            int dot = rest.IndexOf('.');
            if (dot > 0 && int.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out int index))
                found = Math.Max(found, index + 1L);
        }

        if (found != layers)
        {
            throw new CheckpointException(
                CheckpointError.ConfigTensorMismatch, location, null,
                $"the configuration has {layers} layers and the weights have {found}");
        }
    }

    /// <summary>A table or other tensor under the prefix; gives its full name.</summary>
    public string Table(string name, params ReadOnlySpan<long> shape) => Use(_prefix + name, shape);

    /// <summary>A norm under the prefix.</summary>
    public NormSource Norm(string stem, int width, bool bias) => new(
        width, Use($"{_prefix}{stem}.weight", width), bias ? Use($"{_prefix}{stem}.bias", width) : null);

    /// <summary>A linear layer under the prefix, stored [out, in], or [in, out] where transposed.</summary>
    public LinearSource Linear(string stem, int input, int output, bool bias, bool transposed = false)
    {
        string weight = transposed
            ? Use($"{_prefix}{stem}.weight", input, output)
            : Use($"{_prefix}{stem}.weight", output, input);
        return new(
            input, output, [new(weight, 0, output, transposed)],
            bias ? [new(Use($"{_prefix}{stem}.bias", output), 0, output)] : null);
    }

    /// <summary>Linear layers of one input whose outputs follow each other.</summary>
    public LinearSource Concatenated(int input, bool bias, params ReadOnlySpan<(string Stem, int Output)> parts)
    {
        List<OutputSlice> weights = [];
        List<OutputSlice> biases = [];
        int output = 0;
        foreach ((string stem, int width) in parts)
        {
            LinearSource part = Linear(stem, input, width, bias);
            weights.AddRange(part.Weight);
            biases.AddRange(part.Bias ?? []);
            output += width;
        }

        return new(input, output, weights, bias ? biases : null);
    }

    /// <summary>
    /// The output head. Where it is tied, a head tensor may be there as well but must be the embedding's copy; where it is
    /// not, it must be there.
    /// </summary>
    /// <param name="name">The head tensor's whole name.</param>
    /// <param name="embedding">The embedding's whole name.</param>
    /// <param name="spec">The model.</param>
    public LinearSource Head(string name, string embedding, ModelSpec spec)
    {
        int width = spec.Embedding.Width, rows = spec.VocabularySize;
        if (!spec.TiedHead && !tensors.ContainsKey(name))
        {
            throw new CheckpointException(
                CheckpointError.TieMismatch, location, name, "is missing although the head is not tied to the embedding");
        }

        if (spec.TiedHead && tensors.ContainsKey(name) && !Same(tensors[Known(name, rows, width)], tensors[embedding]))
        {
            throw new CheckpointException(
                CheckpointError.TieMismatch, location, name, "differs from the embedding although the head is tied to it");
        }

        return new(width, rows, [new(spec.TiedHead ? embedding : Use(name, rows, width), 0, rows)]);
    }

    /// <summary>
    /// Looks at what was not asked for: an error inside a block and at the head, else a sentence for the user.
    /// </summary>
    /// <param name="head">The head's stem, whole.</param>
    /// <param name="buffers">Ends of names that old checkpoints have and no forward pass needs.</param>
    public IEnumerable<string> CheckLeftovers(string head, IReadOnlyList<string> buffers)
    {
        List<string> others = [];
        foreach (string name in tensors.Keys)
        {
            if (_known.Contains(name) || buffers.Any(end => name.EndsWith(end, StringComparison.Ordinal)))
                continue;
            if (name.StartsWith(_layers, StringComparison.Ordinal) || name.StartsWith($"{head}.", StringComparison.Ordinal))
            {
                throw new CheckpointException(
                    CheckpointError.ConfigTensorMismatch, location, name,
                    $"of shape {tensors[name].ShapeText} has no place in the model that the configuration describes");
            }

            others.Add(name);
        }

        if (others.Count == 0)
            return [];
        others.Sort(StringComparer.Ordinal);
        string some = string.Join(", ", others.Take(3).Select(CheckpointException.Shown));
        return [$"{others.Count} tensors of the checkpoint are not used ({some}{(others.Count > 3 ? ", ..." : "")})."];
    }

    private string Use(string name, params ReadOnlySpan<long> shape)
    {
        Known(name, shape);
        _used.Add(name);
        return name;
    }

    // Looked at and found to fit, but not a weight of its own: the copy of a tied embedding.
    private string Known(string name, params ReadOnlySpan<long> shape)
    {
        if (!tensors.TryGetValue(name, out TensorView? tensor))
            throw Missing(name);
        if (!tensor.Shape.SequenceEqual(shape))
        {
            throw new CheckpointException(
                CheckpointError.ConfigTensorMismatch, location, name,
                $"has the shape {tensor.ShapeText} where the configuration implies {TensorView.Text(shape)}");
        }

        if (tensor.Type.WeightType() is null)
            throw new CheckpointException(CheckpointError.DTypeUnavailable, location, name, $"is stored as {tensor.Type}");
        _known.Add(name);
        return name;
    }

    private CheckpointException Missing(string name) =>
        new(CheckpointError.TensorMissing, location, name, "is not in the checkpoint");

    private static unsafe bool Same(TensorView a, TensorView b)
    {
        const int Part = 1 << 26;
        if (a.Type != b.Type || a.ByteLength != b.ByteLength)
            return false;
        byte* left = (byte*)a.Pointer, right = (byte*)b.Pointer;
        bool same = true;
        for (long start = 0; start < a.ByteLength && same; start += Part)
        {
            int length = (int)Math.Min(Part, a.ByteLength - start);
            same = new ReadOnlySpan<byte>(left + start, length).SequenceEqual(new(right + start, length));
        }

        a.Release();
        b.Release();
        return same;
    }
}
