using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Policies;

/// <summary>
/// States of some rows as policies, beside the model's own. With a norm a policy has all that the model's own has. Without one
/// it is softmax(state x unembedding) and nothing else, where the model's own still has its final norm, bias and cap.
/// </summary>
internal sealed class PolicyReading
{
    // Logits held at once, where two kinds of them are compared: 64 MiB of each.
    private const int MostLogits = 16 << 20;

    private readonly LensResult _states;
    private readonly LensResult _own;
    private readonly float[] _divergence;

    private PolicyReading(LensResult states, LensResult own, float[] divergence)
    {
        _states = states;
        _own = own;
        _divergence = divergence;
    }

    /// <summary>Rows of each state.</summary>
    public int Rows => _states.Positions;

    /// <summary>Reads states.</summary>
    /// <param name="model">Whose.</param>
    /// <param name="states">Each F32 [rows, d].</param>
    /// <param name="last">F32 [rows, d]: the residual behind the last block, which the model's own policy is made of.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told the fraction done.</param>
    public static PolicyReading Read(Model model, IReadOnlyList<Tensor> states, Tensor last, PolicyOptions options, IProgress<double>? progress)
    {
        var reading = new LensOptions { Norm = options.Norm, TopK = options.TopK, Divergence = true, Temperature = options.Temperature, Progress = progress };
        if (options.Norm != LensNorm.None)
        {
            LensResult all = LensReader.Read(model, [.. states, last], reading);
            return new PolicyReading(all, all, all.Divergence);
        }

        using var memory = new Arena(model.Device);
        Tensor normed = memory.Allocate(last.Shape);
        model.Sublayers.FinalNorm(last, normed);
        if (model.Spec.FinalSoftcap == 0 && model.Vectors.UnembeddingBias is null)
        {
            LensResult all = LensReader.Read(model, [.. states, normed], reading);
            return new PolicyReading(all, all, all.Divergence);
        }

        LensResult bare = LensReader.Read(model, states, reading with { Divergence = false, Softcap = false, Progress = Half(progress, 0) });
        LensResult own = LensReader.Read(model, [normed], reading with { Divergence = false, Progress = null });
        return new PolicyReading(bare, own, BareDivergence(model, states, normed, options.Temperature, Half(progress, 0.5)));
    }

    /// <summary>Entropy of a state's policy in a row, in nats.</summary>
    public double Entropy(int state, int row) => _states.Entropy[_states.Row(state, row)];

    /// <summary>KL(a state's policy || the model's own) in a row, in nats.</summary>
    public double Divergence(int state, int row) => _divergence[_states.Row(state, row)];

    /// <summary>Share of a state's first tokens in a row that are among the model's own first.</summary>
    public double Overlap(int state, int row) => _states.Overlap(state, row, _states.TopK, _own);

    /// <summary>Entropy of the model's own policy in a row, in nats.</summary>
    public double OwnEntropy(int row) => _own.Entropy[_own.Row(_own.States - 1, row)];

    private static PartOfProgress? Half(IProgress<double>? whole, double start) => whole is null ? null : new PartOfProgress(whole, start, 0.5);

    // The lens compares states that are read alike, so logits of both kinds are made here, for a few rows at a time.
    private static float[] BareDivergence(Model model, IReadOnlyList<Tensor> states, Tensor normed, float temperature, PartOfProgress? progress)
    {
        int rows = normed.Rows, vocabulary = model.Spec.VocabularySize;
        int group = Math.Clamp(MostLogits / vocabulary, 1, rows);
        float[] divergence = new float[states.Count * rows];
        using var memory = new Arena(model.Device);
        Tensor temperatures = memory.Upload<float>([.. Enumerable.Repeat(temperature, group)], new Shape(group, 1));
        var logits = new Shape(group, vocabulary);
        (Tensor own, Tensor bare) = (memory.Allocate(logits), memory.Allocate(logits));
        Tensor distances = memory.Allocate(new Shape(group, 4));
        Tensor Made(Tensor state, int first, int count, Tensor into, bool isBare)
        {
            Tensor made = into.RowRange(0, count);
            model.Sublayers.Logits(state.RowRange(first, count), made, isBare);
            model.Device.Ops.Normalize(made, temperatures.RowRange(0, count), centered: false, made);
            return made;
        }

        for (int first = 0; first < rows; first += group)
        {
            int count = Math.Min(group, rows - first);
            Tensor q = Made(normed, first, count, own, isBare: false);
            for (int s = 0; s < states.Count; s++)
            {
                Tensor result = distances.RowRange(0, count);
                model.Device.Ops.CompareDistributions(Made(states[s], first, count, bare, isBare: true), q, result);
                float[] values = model.Device.Read<float>(result);
                for (int r = 0; r < count; r++)
                {
                    divergence[(s * rows) + first + r] = values[4 * r];
                }

                progress?.Report((first + ((double)count * (s + 1) / states.Count)) / rows);
            }
        }

        return divergence;
    }
}
