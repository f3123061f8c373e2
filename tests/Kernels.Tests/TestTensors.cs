using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>
/// A device with tensors that catch what a wrong op does. Every tensor is a view in a buffer whose other words are
/// sentinels, also between strided rows: NaNs of different payloads, so that reading one spoils the result and writing one
/// is seen. Views begin at odd words unless 16-byte alignment is asked for, for ops that have a path for it.
/// <see cref="Read"/> looks at all of them first, and at all inputs.
/// </summary>
public sealed class TestTensors : IDisposable
{
    private const int OddGuard = 67; // More than a vector; odd, so that no row is aligned.
    private const int AlignedGuard = 68;
    private const int Gap = 5;
    private const int Sentinel = 0x7fc50000;

    private readonly List<Holding> _holdings = [];
    private readonly Random _random;
    private readonly bool _aligned;

    /// <summary>Opens a device; prints its name and the seed of the numbers.</summary>
    public TestTensors(string device, int seed = 1, bool aligned = false)
        : this(Devices.Open(device), device, seed, aligned)
    {
    }

    /// <summary>Takes a device over.</summary>
    public TestTensors(IDevice device, string name, int seed = 1, bool aligned = false)
    {
        Name = name;
        _aligned = aligned;
        Device = device;
        _random = new Random(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Device.Name}; seed {seed}");
    }

    /// <summary>The device's name in <see cref="Devices"/>.</summary>
    public string Name { get; }

    /// <summary>The device.</summary>
    public IDevice Device { get; }

    /// <summary>The ops under test.</summary>
    public IOps Ops => Device.Ops;

    /// <summary>Normal numbers of the seed.</summary>
    public float[] Normal(int count, double deviation = 1, double mean = 0)
    {
        var values = new float[count];
        foreach (ref float v in values.AsSpan())
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            v = (float)(mean + (deviation * radius * Math.Cos(2 * Math.PI * _random.NextDouble())));
        }

        return values;
    }

    /// <summary>Integers of the seed in 0 .. end - 1.</summary>
    public int[] Integers(int count, int end)
    {
        var values = new int[count];
        foreach (ref int v in values.AsSpan())
        {
            v = _random.Next(end);
        }

        return values;
    }

    /// <summary>A tensor that no op may write.</summary>
    public Tensor Input(ReadOnlySpan<float> values, Shape shape, bool strided = false) =>
        Place(MemoryMarshal.Cast<float, int>(values), shape, ElementType.F32, strided, written: false);

    /// <summary>A tensor that no op may write.</summary>
    public Tensor Input(ReadOnlySpan<int> values, Shape shape) => Place(values, shape, ElementType.I32, strided: false, written: false);

    /// <summary>A vector that no op may write.</summary>
    public Tensor Input(params float[] values) => Input(values, new Shape(values.Length));

    /// <summary>A vector that no op may write.</summary>
    public Tensor Input(params int[] values) => Input(values, new Shape(values.Length));

    /// <summary>A tensor that an op changes.</summary>
    public Tensor InOut(ReadOnlySpan<float> values, Shape shape, bool strided = false) =>
        Place(MemoryMarshal.Cast<float, int>(values), shape, ElementType.F32, strided, written: true);

    /// <summary>A tensor that an op writes; full of NaN until then.</summary>
    public Tensor Output(Shape shape, bool strided = false, ElementType type = ElementType.F32)
    {
        int[] poison = new int[shape.Count];
        Array.Fill(poison, 0x7fc0dead);
        return Place(poison, shape, type, strided, written: true);
    }

    /// <summary>Runs an op to its end: what a device finds wrong with values in its memory, it says when it is waited for.</summary>
    public void Finish(Action op)
    {
        op();
        Device.Synchronize();
    }

    /// <summary>Fails where an op has written anything but its results.</summary>
    public void CheckSentinels()
    {
        foreach (Holding h in _holdings)
        {
            int[] now = Device.Read<int>(h.Whole);
            for (int i = 0; i < now.Length; i++)
            {
                if (now[i] != h.Image[i] && !(h.Written && h.Owns(i)))
                {
                    string what = h.Owns(i) ? "An input" : "A sentinel";
                    Assert.Fail($"{what} of the {h.View.Type.Name()} tensor {h.View.Shape} with row stride {h.View.RowStride} was overwritten, word {i - h.Guard} from its start, on {Device.Name}.");
                }
            }
        }
    }

    /// <summary>The values of an f32 tensor, row after row, after a look at all sentinels.</summary>
    public float[] Read(Tensor tensor)
    {
        CheckSentinels();
        var values = new float[tensor.Shape.Count];
        Device.Read(tensor, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>The values of an i32 tensor, after a look at all sentinels.</summary>
    public int[] ReadInts(Tensor tensor)
    {
        CheckSentinels();
        return Device.Read<int>(tensor);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Holding h in _holdings)
        {
            h.View.Buffer!.Dispose();
        }

        Device.Dispose();
    }

    private Tensor Place(ReadOnlySpan<int> words, Shape shape, ElementType type, bool strided, bool written)
    {
        Assert.Equal(shape.Count, words.Length);
        int rows = shape[0];
        int width = shape.RowWidth;
        int stride = strided ? width + Gap : width;
        int guard = OddGuard;
        if (_aligned)
        {
            guard = AlignedGuard;
            stride = strided ? (stride + 3) / 4 * 4 : stride;
        }

        int[] image = new int[(2 * guard) + (rows * stride)];
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = Sentinel + (i & 0xffff);
        }

        for (int row = 0; row < rows; row++)
        {
            words.Slice(row * width, width).CopyTo(image.AsSpan(guard + (row * stride)));
        }

        DeviceBuffer buffer = Device.Allocate(image.Length * sizeof(int));
        var whole = new Tensor(buffer, 0, new Shape(image.Length), type);
        Device.Write(whole, MemoryMarshal.AsBytes(image.AsSpan()));
        var view = new Tensor(buffer, guard * sizeof(int), shape, type, strided ? stride : 0);
        _holdings.Add(new Holding(whole, view, image, guard, written));
        return view;
    }

    private sealed record Holding(Tensor Whole, Tensor View, int[] Image, int Guard, bool Written)
    {
        public bool Owns(int word)
        {
            int at = word - Guard;
            return at >= 0 && at < View.Rows * View.RowStride && at % View.RowStride < View.Width;
        }
    }
}
