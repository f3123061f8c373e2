using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Engine;

/// <summary>
/// A model on a device: its description, its weights and its memory. Not thread-safe: one pass at a time, as on any one
/// device.
/// </summary>
public sealed partial class Model : IDisposable
{
    private readonly bool _ownsDevice;
    private readonly Arena _scratch;
    private KeyValueStore? _layerStore;
    private (int Sequences, int Positions) _layerStoreShape;
    private bool _scratchBorrowed;

    internal Model(
        ModelSpec spec, ModelSource source, IWeightSource weights, IDevice device, bool ownsDevice, IProgress<long>? progress, string? tokenizerPath, bool stream = false)
    {
        _tokenizerPath = tokenizerPath;
        Spec = spec;
        Device = device;
        _ownsDevice = ownsDevice;
        StreamsWeights = stream;
        Weights = new ModelWeights(spec, source, weights, device, progress, stream);
        Vectors = new ModelVectors(this);
        Sublayers = new Sublayers(this);
        _scratch = new Arena(device);
        Results = new BufferPool(device);
    }

    /// <summary>What the model is made of.</summary>
    public ModelSpec Spec { get; }

    /// <summary>Where it runs.</summary>
    public IDevice Device { get; }

    /// <summary>True where one block at a time is on the device; see <see cref="LoadOptions.StreamWeights"/>.</summary>
    public bool StreamsWeights { get; }

    /// <summary>Stored bytes of the weight matrices; 0 for a model of random weights.</summary>
    public long WeightBytes { get; private init; }

    /// <summary>Those of them that are on the device at once.</summary>
    public long ResidentWeightBytes { get; private init; }

    /// <summary>Vectors of its weights, to read and to change.</summary>
    public ModelVectors Vectors { get; }

    /// <summary>Parts of its blocks, to run on rows of one's own.</summary>
    public Sublayers Sublayers { get; }

    internal ModelWeights Weights { get; }

    internal BufferPool Results { get; }

    /// <summary>Carries one sequence of token ids through the model.</summary>
    public ForwardResult Forward(IReadOnlyList<int> tokens, HookSet? hooks = null, ForwardOptions? options = null) =>
        Forward([tokens], hooks, options);

    /// <summary>
    /// Carries sequences of token ids, of any lengths, through the model as one packed batch. The result holds the
    /// logits and the captured sites; dispose it to give its memory back.
    /// </summary>
    /// <exception cref="SiteException">The model lacks a site, or an edit cannot act where it is put.</exception>
    /// <exception cref="WeirException">No tokens, too many, or ids outside the vocabulary.</exception>
    public ForwardResult Forward(IReadOnlyList<IReadOnlyList<int>> sequences, HookSet? hooks = null, ForwardOptions? options = null) =>
        ForwardPass.Once(this, sequences, new HookPlan(hooks ?? HookSet.None, Spec), options ?? new ForwardOptions());

    /// <summary>
    /// Lends the scratch memory for one piece of work. A tap that starts another pass of the same model would overwrite
    /// what the running pass still needs, so that is an error.
    /// </summary>
    internal ScratchLease BorrowScratch()
    {
        if (_scratchBorrowed)
        {
            throw new WeirException("Reentered: a tap started work on the model that is just running; use the ops of the tap's device, or do it after the pass.");
        }

        _scratchBorrowed = true;
        _scratch.Reset();
        return new ScratchLease(this, _scratch);
    }

    internal void ReturnScratch() => _scratchBorrowed = false;

    /// <summary>An empty store of a layer's keys and values.</summary>
    internal KeyValueStore CreateKeyValueStore(int layer) =>
        Device.CreateKeyValueStore(Spec.Attention.KeyValueHeads, Spec.Attention.HeadSize, Weights.KeyValueType(layer));

    /// <summary>Keys and values for a layer of a pass that keeps none: one store serves layer after layer.</summary>
    internal KeyValueStore LayerStore(PackedRows rows)
    {
        int longest = 0;
        for (int s = 0; s < rows.Sequences; s++)
        {
            longest = Math.Max(longest, rows.End(s));
        }

        if (rows.Sequences > _layerStoreShape.Sequences || longest > _layerStoreShape.Positions)
        {
            // A new one instead of a larger one: nothing in it outlives a layer.
            _layerStore?.Dispose();
            _layerStore = CreateKeyValueStore(layer: 0);
            _layerStore.Reserve(rows.Sequences, longest);
            _layerStoreShape = (rows.Sequences, longest);
        }

        return _layerStore!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _layerStore?.Dispose();
        Results.Dispose();
        _scratch.Dispose();
        Weights.Dispose();
        _checkpoint?.Dispose();
        if (_ownsDevice)
        {
            Device.Dispose();
        }
    }
}
