using Weir.Kernels;

namespace Weir.Engine.Forward;

/// <summary>Keys and values of every layer for a set of sequences, so that a forward pass continues where another ended.</summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly KeyValueStore[] _layers;
    private readonly Model _model;
    private readonly int[] _lengths;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="model">Whose keys and values.</param>
    /// <param name="sequences">Sequences in every batch that uses it.</param>
    public KeyValueCache(Model model, int sequences)
    {
        _layers = [.. Enumerable.Range(0, model.Spec.Layers).Select(model.CreateKeyValueStore)];
        _model = model;
        _lengths = new int[sequences];
    }

    /// <summary>Positions held of each sequence.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    /// <summary>Bytes of device memory.</summary>
    public long Bytes => _layers.Sum(l => l.Bytes);

    internal bool IsOf(Model model) => ReferenceEquals(model, _model);

    internal KeyValueStore Layer(int layer) => _layers[layer];

    internal void SetLength(int sequence, int positions) => _lengths[sequence] = positions;

    /// <summary>Makes room.</summary>
    /// <returns>True where keys and values lie elsewhere since.</returns>
    internal bool Reserve(int positions)
    {
        bool moved = false;
        foreach (KeyValueStore layer in _layers)
        {
            long bytes = layer.Bytes;
            layer.Reserve(_lengths.Length, positions);
            moved |= layer.Bytes != bytes;
        }

        return moved;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KeyValueStore layer in _layers)
        {
            layer.Dispose();
        }
    }
}
