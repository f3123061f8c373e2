using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>Operands of an op that is measured: normal numbers, never zeros, which a GPU multiplies with less power.</summary>
/// <param name="device">Where.</param>
internal sealed class OpOperands(IDevice device) : IDisposable
{
    private const float WeightDeviation = 0.02f;

    private readonly Arena _arena = new(device);
    private readonly List<IDisposable> _owned = [];
    private long _seed;

    /// <summary>A tensor of normal numbers.</summary>
    public Tensor Numbers(Shape shape)
    {
        Tensor t = Empty(shape);
        using var numbers = new NormalNumbers(ElementType.F32, 1, ++_seed, Math.Clamp(2 * shape.Count, 2, 1 << 20));
        numbers.Write(device, t, ++_seed);
        return t;
    }

    /// <summary>A vector of integers.</summary>
    public Tensor Integers(int[] values) => _arena.Upload<int>(values);

    /// <summary>A tensor to be written.</summary>
    public Tensor Empty(Shape shape) => _arena.Allocate(shape);

    /// <summary>A bf16 weight matrix.</summary>
    public WeightMatrix Weights(int inputs, int outputs)
    {
        using var numbers = new NormalNumbers(ElementType.BF16, WeightDeviation, ++_seed, Math.Max(2L * inputs, 1 << 20));
        WeightMatrix w = device.Load(numbers.Matrix(inputs, outputs, ++_seed));
        _owned.Add(w);
        return w;
    }

    /// <summary>A store of keys and values of bf16 weights.</summary>
    public KeyValueStore Store(int heads, int size)
    {
        KeyValueStore store = device.CreateKeyValueStore(heads, size, ElementType.BF16);
        _owned.Add(store);
        return store;
    }

    /// <summary>A tensor's first row in host memory.</summary>
    public float[] FirstRow(Tensor t)
    {
        Tensor row = t.RowRange(0, 1);
        return device.Read<float>(row);
    }

    public void Dispose()
    {
        foreach (IDisposable item in _owned)
        {
            item.Dispose();
        }

        _arena.Dispose();
    }
}
