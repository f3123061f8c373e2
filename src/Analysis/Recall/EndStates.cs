using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>
/// What passes over prompts leave at the positions that are read (END, the last of each prompt), layer by layer, on the
/// device: a row for each of them and nothing of other positions.
/// </summary>
public sealed class EndStates : IDisposable
{
    private const int MostTokens = 4096;

    private readonly Model _model;
    private readonly Arena _memory;
    private readonly KeptRows _kept;

    /// <summary>Runs prompts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids of each, of any lengths.</param>
    /// <param name="everyPosition">True to keep every position, not the last alone.</param>
    public EndStates(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, bool everyPosition = false)
    {
        RecallModel.Require(model.Spec);
        _model = model;
        _memory = new Arena(model.Device);
        RowPrompts = [.. prompts.SelectMany((p, i) => Enumerable.Repeat(i, everyPosition ? p.Count : 1))];
        ModelSpec spec = model.Spec;
        Site last = Site.ResidualPost[spec.Layers - 1];
        List<Site> sites = [Site.Embed, last];
        for (int l = 0; l < spec.Layers; l++)
        {
            sites.AddRange([Site.ResidualPre[l], Site.Z[l], Site.AttentionOut[l], Site.MlpOut[l]]);
            if (HasPostNorm)
            {
                sites.Add(new Site(SitePoint.AttentionRaw, l));
            }
        }

        _kept = new KeptRows(model, sites, Count, _memory);
        try
        {
            for (int first = 0, row = 0; first < prompts.Count;)
            {
                int end = first, tokens = 0;
                while (end < prompts.Count && (end == first || tokens + prompts[end].Count <= MostTokens))
                {
                    tokens += prompts[end++].Count;
                }

                row += Run([.. prompts.Skip(first).Take(end - first)], row, everyPosition);
                first = end;
            }
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>Rows.</summary>
    public int Count => RowPrompts.Count;

    /// <summary>Of each row, which prompt it is of.</summary>
    public IReadOnlyList<int> RowPrompts { get; }

    /// <summary>Passes it took.</summary>
    public int Passes { get; private set; }

    /// <summary>[n, d]: the token embedding.</summary>
    public Tensor Embedding => _kept[Site.Embed];

    /// <summary>[n, d]: the residual behind the last block.</summary>
    public Tensor Final => _kept[Site.ResidualPost[_model.Spec.Layers - 1]];

    /// <summary>True where the model norms what its attention gives.</summary>
    internal bool HasPostNorm => _model.Spec.Placement is NormPlacement.Sandwich or NormPlacement.SublayerOutput;

    /// <summary>[n, d]: the residual in front of a block.</summary>
    public Tensor Input(int layer) => _kept[Site.ResidualPre[layer]];

    /// <summary>[n, heads * size]: the mixed values of a block's heads.</summary>
    public Tensor Z(int layer) => _kept[Site.Z[layer]];

    /// <summary>[n, d]: what a block's attention adds.</summary>
    public Tensor Attention(int layer) => _kept[Site.AttentionOut[layer]];

    /// <summary>[n, d]: the same before its post-norm, where there is one.</summary>
    public Tensor AttentionRaw(int layer) => HasPostNorm ? _kept[new Site(SitePoint.AttentionRaw, layer)] : Attention(layer);

    /// <summary>[n, d]: what a block's MLP adds.</summary>
    public Tensor Mlp(int layer) => _kept[Site.MlpOut[layer]];

    /// <summary>The rows of one of these in host memory.</summary>
    public float[] Read(Tensor tensor)
    {
        return _model.Device.Read<float>(tensor);
    }

    /// <summary>The mean over rows of one of these.</summary>
    public float[] Mean(Tensor tensor) => KeptRows.Mean(_model.Device, tensor);

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private int Run(IReadOnlyList<int>[] prompts, int row, bool everyPosition)
    {
        int[] rows = everyPosition ? [.. Enumerable.Range(0, prompts.Sum(p => p.Count))] : KeptRows.Ends(prompts);
        using var memory = new Arena(_model.Device);
        HookSet hooks = _kept.Tap(new HookSet(), memory.Upload<int>(rows), row);
        using ForwardResult run = _model.Forward(prompts, hooks, new ForwardOptions { Logits = LogitRows.None });
        Passes++;
        return rows.Length;
    }
}
