using System.Globalization;
using System.Runtime.InteropServices;
using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Analysis.Tests.Recall;

/// <summary>
/// Random models of 4 layers, width 64, 4 heads and 257 tokens, with every gain, bias and matrix drawn, which the families'
/// checkpoints could not all have: LayerNorm or RMSNorm, in a row or in parallel, tied or not, with a bias on the unembedding
/// or without, with norms in front of sublayers, behind them or both.
/// </summary>
internal sealed class RandomModel : IWeightSource, IDisposable
{
    public const int Layers = 4, Width = 64, Heads = 4, Size = 16, Neurons = 96, Vocabulary = 257;

    private readonly Dictionary<string, float[]> _values = [];
    private readonly List<GCHandle> _pinned = [];
    private readonly ModelSpec _spec;

    private RandomModel(ModelSpec spec) => _spec = spec;

    /// <summary>The kinds of models, by name.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        ["ln", "ln-parallel", "ln-tied", "ln-head-bias", "rms", "rms-parallel", "rms-tied", "rms-sandwich", "rms-output", "ln-sandwich"];

    /// <summary>Makes a model.</summary>
    /// <param name="kind">Words of <see cref="Kinds"/>, joined by -.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="change">Changes a tensor, by its name, before it is loaded.</param>
    public static Model Make(string kind, IDevice device, Action<string, float[]>? change = null)
    {
        string[] words = kind.Split('-');
        bool layerNorm = words[0] == "ln";
        NormPlacement placement = words.Contains("sandwich") ? NormPlacement.Sandwich : words.Contains("output") ? NormPlacement.SublayerOutput
            : words.Contains("after") ? NormPlacement.AfterResidual : NormPlacement.Pre;
        var spec = new ModelSpec
        {
            Family = kind,
            Layers = Layers,
            Width = Width,
            VocabularySize = Vocabulary,
            ContextLength = 64,
            Embedding = new EmbeddingSpec { Width = Width, PositionRows = layerNorm ? 64 : 0 },
            Norm = new NormSpec(layerNorm ? NormKind.LayerNorm : NormKind.RmsNorm, 1e-5f),
            Placement = placement,
            ParallelResidual = words.Contains("parallel"),
            Attention = new AttentionSpec
            {
                Heads = Heads,
                KeyValueHeads = layerNorm ? Heads : Heads / 2,
                HeadSize = Size,
                Scale = 0.25f,
                Rope = layerNorm ? null : new RopeSpec { Dimensions = Size, Frequencies = [.. Enumerable.Range(0, Size / 2).Select(i => MathF.Pow(10000, -i / 8f))] },
            },
            Mlp = new MlpSpec(Neurons, layerNorm ? Activation.GeluTanh : Activation.Silu, Gated: !layerNorm),
            TiedHead = words.Contains("tied"),
        };
        using var weights = new RandomModel(spec);
        ModelSource source = RandomWeights.Source(spec);
        if (words.Contains("bias"))
        {
            source = source with { Head = source.Head with { Bias = [new OutputSlice($"head.bias.{Vocabulary}", 0, Vocabulary)] } };
        }

        weights._change = change ?? ((_, _) => { });
        return new Model(spec, source, weights, device, ownsDevice: false, progress: null, tokenizerPath: null);
    }

    private Action<string, float[]> _change = (_, _) => { };

    public MatrixSource Matrix(LinearSource source) => Matrix(source.Weight[0].Tensor, source.InputWidth, source.OutputWidth);

    public MatrixSource Matrix(string tensor) => Matrix(tensor, Width, Vocabulary);

    public void Release(LinearSource source)
    {
    }

    public void Release(string tensor)
    {
    }

    public float[] Values(string tensor) =>
        Draw(tensor, int.Parse(tensor[(tensor.LastIndexOf('.') + 1)..], CultureInfo.InvariantCulture), tensor.Contains(".gain.", StringComparison.Ordinal) ? 1 : 0, 0.2);

    public void Dispose() => _pinned.ForEach(p => p.Free());

    private unsafe MatrixSource Matrix(string tensor, int inputs, int outputs)
    {
        float[] values = Draw(tensor, inputs * outputs, 0, tensor is "embedding" or "head" ? 0.5 : 1.2 / Math.Sqrt(inputs));
        var handle = GCHandle.Alloc(values, GCHandleType.Pinned);
        _pinned.Add(handle);
        return new MatrixSource(inputs, outputs, ElementType.F32, [new MatrixPart(handle.AddrOfPinnedObject(), outputs, inputs, 1)]);
    }

    private float[] Draw(string tensor, int count, double mean, double deviation)
    {
        if (!_values.TryGetValue(tensor, out float[]? values))
        {
            int seed = 17;
            foreach (char c in tensor)
            {
                seed = unchecked((seed * 31) + c);
            }

            var random = new Random(seed);
            values = [.. Enumerable.Range(0, count).Select(_ =>
                (float)(mean + (deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble()))))];
            _change(tensor, values);
            _values[tensor] = values;
        }

        return values;
    }
}
