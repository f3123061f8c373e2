using System.Collections.Frozen;
using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Neurons;

/// <summary>
/// Decodes vectors, some thousand at a time, so that no product of all vectors with all tokens is ever stored. The fused
/// lens gives log-sum-exp and candidates; the products of those are summed once more in f64, since 16-bit products would
/// leave the order of near tokens, and with it every count of agreement, to rounding.
/// </summary>
internal sealed class NeuronReader : IDisposable
{
    /// <summary>Vectors of a batch.</summary>
    public const int MostRows = 2048;

    // Tokens whose products are summed once more, at least: near ties of 16-bit products go far down a list.
    private const int LeastCandidates = 8;

    // Elements of each operand of the exact products: 64 MiB.
    private const int MostElements = 16 << 20;

    // Keeps a vector of zeros from a division by zero, and is nothing beside any other.
    private const float NoEpsilon = 1e-30f;

    private readonly Model _model;
    private readonly Model _head;
    private readonly NeuronReading _reading;
    private readonly NormValues? _final;
    private readonly Arena _memory;

    /// <summary>Makes a reader.</summary>
    /// <param name="model">Whose vectors.</param>
    /// <param name="reading">How they are decoded.</param>
    /// <param name="head">Whose unembedding and final norm; the model's own by default. On the same device.</param>
    public NeuronReader(Model model, NeuronReading reading, Model? head = null)
    {
        _model = model;
        _head = head ?? model;
        _reading = reading;
        _final = reading.Norm != NeuronNorm.Full ? null
            : _head.Vectors.FinalNorm ?? throw new WeirException($"This {_head.Spec.Family} model has no final norm; read its neurons with the norm none or scale.");
        if (reading is { InputGain: true, Matrix: MlpMatrix.Down })
        {
            throw new WeirException("The input gain stands in front of gate and up; columns of the down projection are read without it.");
        }

        _memory = new Arena(model.Device);
    }

    private IDevice Device => _model.Device;

    /// <summary>The batches of a layer: first neuron and number.</summary>
    public static IEnumerable<(int First, int Count)> Batches(int neurons)
    {
        for (int first = 0; first < neurons; first += MostRows)
        {
            yield return (first, Math.Min(MostRows, neurons - first));
        }
    }

    /// <summary>Vectors of neurons: F32 [count, width], valid until the next call.</summary>
    public Tensor Vectors(int layer, int first, int count)
    {
        _memory.Reset();
        Tensor rows = _memory.Allocate(new Shape(count, _model.Spec.Width));
        _model.Vectors.Read(_reading.Matrix, layer, first, rows);
        if (_reading.InputGain && _model.Vectors.MlpNorm(layer) is { } norm)
        {
            Device.Ops.Affine(rows, _memory.Upload<float>(norm.Gain), 0, default, rows);
        }

        return rows;
    }

    /// <summary>Vectors of the caller's own, brought to the device: F32 [rows, width], valid until the next call.</summary>
    public Tensor Vectors(float[] values)
    {
        _memory.Reset();
        return _memory.Upload<float>(values, new Shape(values.Length / _model.Spec.Width, _model.Spec.Width));
    }

    /// <summary>Decodes vectors.</summary>
    /// <param name="rows">F32 [n, width].</param>
    /// <param name="topK">Tokens for each; 0 for none.</param>
    /// <param name="targets">Tokens whose products are wanted for every vector.</param>
    /// <param name="excluded">Tokens that the lists leave out; probabilities stay those of the whole vocabulary.</param>
    public NeuronBatch Read(Tensor rows, int topK, int[] targets, IReadOnlySet<int>? excluded = null)
    {
        var mark = _memory.Mark();
        Tensor[] states = States(rows);
        excluded ??= FrozenSet<int>.Empty;
        int candidates = topK == 0 ? 0 : Math.Min(Math.Max(LeastCandidates, 2 * topK) + excluded.Count, _model.Spec.VocabularySize);
        LensResult lens = LensReader.Read(_head, states, new LensOptions
        {
            Norm = LensNorm.None,
            Basis = _reading.Basis,
            TopK = candidates,
            Softcap = false,
        });
        int n = rows.Rows, list = _reading.Norm == NeuronNorm.Full ? 2 : 0;
        int[] ids = lens.TopIds.AsSpan(list * n * candidates, n * candidates).ToArray();
        NeuronProducts products = Products(states, Repeated(n, candidates), ids);
        (int[] topIds, NeuronProducts top) = Best(ids, products, candidates, Math.Min(topK, candidates), excluded);
        var batch = new NeuronBatch
        {
            Norms = Norms(rows),
            LogSumExp = [.. Enumerable.Range(0, states.Length).Select(s => lens.LogSumExp.AsSpan(s * n, n).ToArray())],
            TopIds = topIds,
            Top = top,
            Targets = Products(states, Repeated(n, targets.Length), [.. Enumerable.Range(0, n).SelectMany(_ => targets)]),
        };
        _memory.Release(mark);
        return batch;
    }

    /// <summary>What the unembedding multiplies: w, w at the length of a normed state and, where asked for, w behind the final norm.</summary>
    public Tensor[] States(Tensor rows)
    {
        Tensor scaled = _memory.Allocate(rows.Shape);
        float[] ones = new float[rows.Width];
        Array.Fill(ones, 1);
        Device.Ops.RmsNorm(rows, _memory.Upload<float>(ones), 0, NoEpsilon, scaled);
        if (_final is null)
        {
            return [rows, scaled];
        }

        Tensor full = _memory.Allocate(rows.Shape), gain = _memory.Upload<float>(_final.Gain);
        if (_final.IsCentered)
        {
            Device.Ops.LayerNorm(rows, gain, _final.Bias is { } bias ? _memory.Upload<float>(bias) : default, NoEpsilon, full);
        }
        else
        {
            Device.Ops.RmsNorm(rows, gain, 0, NoEpsilon, full);
        }

        return [rows, scaled, full];
    }

    /// <summary>Products of vectors with tokens, pair by pair.</summary>
    /// <param name="states">See <see cref="States"/>.</param>
    /// <param name="rows">The vector of each pair.</param>
    /// <param name="ids">The token of each pair.</param>
    public NeuronProducts Products(Tensor[] states, int[] rows, int[] ids)
    {
        float[] plain = new float[ids.Length], cosines = new float[ids.Length], full = new float[states.Length > 2 ? ids.Length : 0];
        int group = Math.Max(1, MostElements / _model.Spec.Width);
        for (int first = 0; first < ids.Length; first += group)
        {
            int count = Math.Min(group, ids.Length - first);
            var mark = _memory.Mark();
            Tensor tokens = _memory.Allocate(new Shape(count, _model.Spec.Width)), vectors = _memory.Allocate(tokens.Shape);
            _head.Vectors.ReadTokens(_reading.Basis, ids.AsSpan(first, count), tokens);
            Tensor places = _memory.Upload<int>(rows.AsSpan(first, count));
            float[] statistics = Compare(states[0], places, vectors, tokens), normed = full.Length > 0 ? Compare(states[2], places, vectors, tokens) : [];
            for (int i = 0; i < count; i++)
            {
                (double w, double u, double product) = (statistics[4 * i], statistics[(4 * i) + 1], statistics[(4 * i) + 2]);
                plain[first + i] = (float)product;
                cosines[first + i] = w == 0 || u == 0 ? 0 : (float)(product / Math.Sqrt(w * u));
                if (full.Length > 0)
                {
                    full[first + i] = normed[(4 * i) + 2];
                }
            }

            _memory.Release(mark);
        }

        return new NeuronProducts(plain, cosines, full);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private static int[] Repeated(int rows, int times) => [.. Enumerable.Range(0, rows * times).Select(i => i / times)];

    private float[] Norms(Tensor rows)
    {
        Tensor statistics = _memory.Allocate(new Shape(rows.Rows, 4));
        Device.Ops.CompareRows(rows, rows, statistics);
        float[] values = Device.Read<float>(statistics);
        return [.. Enumerable.Range(0, rows.Rows).Select(i => MathF.Sqrt(values[4 * i]))];
    }

    private float[] Compare(Tensor rows, Tensor places, Tensor vectors, Tensor tokens)
    {
        Device.Ops.GatherRows(rows, places, vectors);
        Tensor statistics = _memory.Allocate(new Shape(tokens.Rows, 4));
        Device.Ops.CompareRows(vectors, tokens, statistics);
        return Device.Read<float>(statistics);
    }

    /// <summary>The first k of each vector's candidates by the product that its logits have, the lower id first where equal.</summary>
    private static (int[] Ids, NeuronProducts Products) Best(int[] ids, NeuronProducts products, int candidates, int k, IReadOnlySet<int> excluded)
    {
        float[] key = products.Full.Length > 0 ? products.Full : products.Plain;
        int n = candidates == 0 ? 0 : ids.Length / candidates;
        int[] order = [.. Enumerable.Range(0, n).SelectMany(row => Enumerable.Range(row * candidates, candidates)
            .Where(i => !excluded.Contains(ids[i])).OrderByDescending(i => key[i]).ThenBy(i => ids[i]).Take(k))];
        float[] Pick(float[] values) => values.Length == 0 ? [] : [.. order.Select(i => values[i])];
        return ([.. order.Select(i => ids[i])], new NeuronProducts(Pick(products.Plain), Pick(products.Cosines), Pick(products.Full)));
    }
}
