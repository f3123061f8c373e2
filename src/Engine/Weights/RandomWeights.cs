using System.Runtime.InteropServices;
using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>
/// Weights drawn evenly from a range with a standard deviation of 0.02, for benchmarks of true shapes without a download.
/// Gains are 1, biases 0. The same seed gives the same model.
/// </summary>
internal sealed unsafe class RandomWeights(ModelSpec spec, long seed, ElementType type) : IWeightSource, IDisposable
{
    private const float Range = 0.02f * 1.7320508f;

    private readonly Dictionary<string, nint> _memory = new(StringComparer.Ordinal);

    /// <summary>Names the tensors of a model that has no checkpoint.</summary>
    public static ModelSource Source(ModelSpec spec)
    {
        if (spec.Embedding.Width != spec.Width)
        {
            throw new WeirException($"A model of random weights has embeddings as wide as the model, not {spec.Embedding.Width} beside {spec.Width}.");
        }

        bool bias = spec.Norm.Kind == NormKind.LayerNorm;
        AttentionSpec a = spec.Attention;
        int inner = spec.Mlp.Width * (spec.Mlp.Gated ? 2 : 1);
        LinearSource Linear(string name, int inputs, int outputs) =>
            new(inputs, outputs, [new OutputSlice(name, 0, outputs)], bias ? [new OutputSlice($"{name}.bias.{outputs}", 0, outputs)] : null);
        NormSource Norm(string name, int width) => new(width, $"{name}.gain.{width}", bias ? $"{name}.bias.{width}" : null);
        bool front = spec.Placement != NormPlacement.SublayerOutput;
        bool back = spec.Placement is NormPlacement.Sandwich or NormPlacement.SublayerOutput;
        int qWidth = spec.Attention.QueryKeyNorm == QueryKeyNorm.PerHead ? a.HeadSize : a.QueryWidth;
        int kWidth = spec.Attention.QueryKeyNorm == QueryKeyNorm.PerHead ? a.HeadSize : a.KeyWidth;
        return new ModelSource
        {
            Embedding = "embedding",
            Positions = spec.Embedding.PositionRows == 0 ? null : $"positions.{spec.Embedding.PositionRows * spec.Width}",
            FinalNorm = spec.FinalNorm ? Norm("final", spec.Width) : null,
            Head = new LinearSource(spec.Width, spec.VocabularySize, [new OutputSlice(spec.TiedHead ? "embedding" : "head", 0, spec.VocabularySize)]),
            Blocks = [.. Enumerable.Range(0, spec.Layers).Select(l => new BlockSource
            {
                AttentionNorm = front ? Norm($"{l}.ln1", spec.Width) : null,
                AttentionPostNorm = back ? Norm($"{l}.ln1_post", spec.Width) : null,
                MlpNorm = front ? Norm($"{l}.ln2", spec.Width) : null,
                MlpPostNorm = back ? Norm($"{l}.ln2_post", spec.Width) : null,
                QueryNorm = a.QueryKeyNorm == QueryKeyNorm.None ? null : Norm($"{l}.q_norm", qWidth),
                KeyNorm = a.QueryKeyNorm == QueryKeyNorm.None ? null : Norm($"{l}.k_norm", kWidth),
                QueryKeyValue = Linear($"{l}.qkv", spec.Width, a.QueryWidth + (2 * a.KeyWidth)),
                AttentionOutput = Linear($"{l}.o", a.QueryWidth, spec.Width),
                MlpInput = Linear($"{l}.up", spec.Width, inner),
                MlpOutput = Linear($"{l}.down", spec.Mlp.Width, spec.Width),
            })],
        };
    }

    public MatrixSource Matrix(LinearSource source) => Matrix(source.Weight[0].Tensor, source.InputWidth, source.OutputWidth);

    public MatrixSource Matrix(string tensor) => Matrix(tensor, spec.Embedding.Width, spec.VocabularySize);

    public void Release(LinearSource source) => Release(source.Weight[0].Tensor);

    public void Release(string tensor)
    {
        if (_memory.Remove(tensor, out nint address))
        {
            NativeMemory.Free((void*)address);
        }
    }

    // Names of vectors end in their length.
    public float[] Values(string tensor)
    {
        float[] values = new float[int.Parse(tensor[(tensor.LastIndexOf('.') + 1)..], System.Globalization.CultureInfo.InvariantCulture)];
        if (tensor.Contains(".gain.", StringComparison.Ordinal))
        {
            Array.Fill(values, 1 - spec.Norm.GainOffset);
        }
        else if (tensor.StartsWith("positions", StringComparison.Ordinal))
        {
            fixed (float* p = values)
            {
                Fill((byte*)p, values.Length, ElementType.F32, Hash(tensor));
            }
        }

        return values;
    }

    public void Dispose()
    {
        foreach (nint address in _memory.Values)
        {
            NativeMemory.Free((void*)address);
        }

        _memory.Clear();
    }

    private MatrixSource Matrix(string name, int inputs, int outputs)
    {
        long count = (long)inputs * outputs;
        nint address = (nint)NativeMemory.Alloc((nuint)(count * type.Size()));
        _memory[name] = address;
        Fill((byte*)address, count, type, Hash(name));
        return new MatrixSource(inputs, outputs, type, [new MatrixPart(address, outputs, inputs, 1)]);
    }

    private ulong Hash(string name)
    {
        ulong h = unchecked((ulong)seed * 0x9E3779B97F4A7C15UL);
        foreach (char c in name)
        {
            h = unchecked((h ^ c) * 0x100000001B3UL);
        }

        return h;
    }

    private static void Fill(byte* p, long count, ElementType type, ulong state)
    {
        for (long i = 0; i < count; i++)
        {
            // xorshift64 (Marsaglia 2003): speed is all that is asked of it here.
            state |= state == 0 ? 1UL : 0;
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            float value = ((int)(state >> 32) * (1f / 2147483648f)) * Range;
            switch (type)
            {
                case ElementType.F32:
                    ((float*)p)[i] = value;
                    break;
                case ElementType.BF16:
                    ((ushort*)p)[i] = (ushort)((BitConverter.SingleToUInt32Bits(value) + 0x8000) >> 16);
                    break;
                default:
                    ((Half*)p)[i] = (Half)value;
                    break;
            }
        }
    }
}
