using Weir.Engine.Hooks;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>
/// What a forward pass was asked to keep. It owns the memory: nothing overwrites it until <see cref="Dispose"/>, after
/// which the tensors must not be used.
/// </summary>
public sealed class ForwardResult : IDisposable
{
    private readonly Model _model;
    private readonly Dictionary<Site, Tensor> _captured;
    private DeviceBuffer? _slab;
    private readonly Tensor _logits;

    internal ForwardResult(Model model, PackedRows rows, DeviceBuffer? slab, Dictionary<Site, Tensor> captured, Tensor logits)
    {
        _model = model;
        Rows = rows;
        _slab = slab;
        _captured = captured;
        _logits = logits;
    }

    /// <summary>Which rows belong to which sequence.</summary>
    public PackedRows Rows { get; }

    /// <summary>The captured sites.</summary>
    public IReadOnlyCollection<Site> Sites => _captured.Keys;

    /// <summary>F32 [rows or sequences, vocabulary]: logits, of the rows that were asked for.</summary>
    public Tensor Logits => _logits.IsAbsent
        ? throw new InvalidOperationException("This forward pass was asked for no logits; see ForwardOptions.Logits.")
        : Live(_logits);

    /// <summary>
    /// A captured site: F32 [rows, ...] in packed order; attention maps are flat, see <see cref="AttentionMapOf"/>.
    /// </summary>
    public Tensor this[Site site] => _captured.TryGetValue(site, out Tensor tensor)
        ? Live(tensor)
        : throw new SiteException(site.Name, $"NotCaptured: {site.Name} was not captured in this pass; add it with HookSet.Capture.");

    /// <summary>The attention scores or pattern of one sequence: F32 [heads, queries, keys].</summary>
    public Tensor AttentionMapOf(Site site, int sequence)
    {
        if (SiteCatalog.Info(site.Point).Dimensions is not null)
        {
            throw new SiteException(site.Name, $"{site.Name} is no attention map; read it with the indexer.");
        }

        int heads = _model.Spec.Attention.Heads;
        Tensor flat = this[site];
        long offset = AttentionMap.Offset(Rows, heads, sequence) * sizeof(float);
        return new Tensor(flat.Buffer!, flat.Offset + offset, new Shape(heads, Rows.Length(sequence), Rows.End(sequence)));
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (_slab is not null)
        {
            _model.Results.Return(_slab);
            _slab = null;
        }
    }

    private Tensor Live(Tensor tensor)
    {
        ObjectDisposedException.ThrowIf(_slab is null, this);
        return tensor;
    }
}
