using System.Runtime.InteropServices;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Generation;

/// <summary>
/// The sequences of a generation between two tokens. A step of the same live sequences as the step before runs the same
/// pass again, recorded where the device can, and allocates nothing.
/// </summary>
internal sealed class DecodeState : IDisposable
{
    private readonly Model _model;
    private readonly IReadOnlyList<IReadOnlyList<int>> _prompts;
    private readonly GenerationOptions _options;
    private readonly HookPlan _plan;
    private readonly KeyValueCache _cache;
    private readonly Arena _scratch;
    private readonly int[] _promptLengths;
    private readonly int[] _drawn;
    private readonly int[] _tokens;
    private readonly SamplingOptions[] _sampling;
    private ForwardPass? _pass;
    private Tensor _ids;
    private int _live;

    public DecodeState(Model model, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options)
    {
        _model = model;
        _prompts = prompts;
        _options = options;
        _plan = new HookPlan(options.Hooks, model.Spec);
        _promptLengths = [.. prompts.Select(p => p.Count)];
        _drawn = new int[prompts.Count];
        _tokens = new int[prompts.Count];
        _sampling = new SamplingOptions[prompts.Count];

        // Its own memory: the caller may run other passes of the model between two tokens.
        _scratch = new Arena(model.Device);
        _cache = new KeyValueCache(model, prompts.Count);
    }

    /// <summary>Room beyond the prompts that is made at once; the stores grow by themselves.</summary>
    public int FirstReserve { get; init; } = 256;

    /// <summary>Runs the model and draws a token for each sequence that is not done; returns the last token of each.</summary>
    public int[] Next(bool[] done, int step)
    {
        int live = 0;
        foreach (bool d in done)
        {
            live += d ? 0 : 1;
        }

        if (step == 0)
        {
            NewPass(SequencePacker.Pack(_model, _prompts, _cache), live, step);
            _cache.Reserve(Math.Min(_model.Spec.ContextLength, _prompts.Max(p => p.Count) + Math.Min(_options.MaxTokens, FirstReserve)));
            _pass!.Run(SequencePacker.Tokens(_prompts));
        }
        else if (step == 1 || live != _live)
        {
            NewPass(OneRowEach(done), live, step);
            for (int s = 0, row = 0; s < done.Length; s++)
            {
                if (!done[s])
                {
                    _drawn[row++] = _tokens[s];
                }
            }

            _pass!.Run(_drawn.AsSpan(0, live));
        }
        else
        {
            // The tokens are where they were drawn, and that is where this pass reads them.
            _pass!.Advance();
            _pass.Run();
        }

        Draw(done, live, step);
        return _tokens;
    }

    /// <summary>True where a sequence has reached the model's context.</summary>
    public bool IsFull(int sequence) => _cache.Lengths[sequence] >= _model.Spec.ContextLength;

    public void Dispose()
    {
        _pass?.Dispose();
        _scratch.Dispose();
        _cache.Dispose();
    }

    private void Draw(bool[] done, int live, int step)
    {
        for (int s = 0, row = 0; s < done.Length; s++)
        {
            if (!done[s])
            {
                long seed = s < _options.Seeds.Count ? _options.Seeds[s] : _options.Seeds[0] + s;
                _sampling[row++] = new SamplingOptions(_options.Temperature, _options.TopK, _options.TopP, RowRandom.Uniform(seed, step));
            }
        }

        _model.Device.Ops.Sample(_pass!.Logits, _sampling.AsSpan(0, live), _ids);
        _model.Device.Read(_ids, MemoryMarshal.AsBytes(_drawn.AsSpan(0, live)));
        for (int s = 0, row = 0; s < done.Length; s++)
        {
            if (!done[s])
            {
                _tokens[s] = _drawn[row++] is >= 0 and var id ? id : throw new WeirException(
                    $"NotANumber: every logit of sequence {s} is NaN at step {step}, so no token can be drawn; an edit or the weights made the activations overflow.");
            }
        }
    }

    private void NewPass(PackedRows rows, int live, int step)
    {
        _pass?.Dispose();
        _pass = null;
        _scratch.Reset();
        _pass = new ForwardPass(_model, _plan, rows, _promptLengths, LogitRows.Last, _cache, _scratch)
        {
            Progress = _options.Progress,
            Repeats = step > 0 && step + 1 < _options.MaxTokens,
        };
        _ids = step > 0 ? _pass.Ids : _scratch.Allocate(new Shape(live), ElementType.I32);
        _live = live;
    }

    // Each live sequence goes on with the token drawn last, an ended one with none.
    private PackedRows OneRowEach(bool[] done)
    {
        int[] offsets = new int[done.Length + 1];
        for (int s = 0; s < done.Length; s++)
        {
            offsets[s + 1] = offsets[s] + (done[s] ? 0 : 1);
        }

        return new PackedRows(offsets, [.. _cache.Lengths]);
    }
}
