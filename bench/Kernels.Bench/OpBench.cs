using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cuda;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>A device and tensors of an op under measurement; the shapes are GPT-2 small's at 512 rows.</summary>
public abstract class OpBench
{
    /// <summary>Rows of a prompt.</summary>
    protected const int Rows = 512;

    /// <summary>Width of GPT-2 small's residual stream.</summary>
    protected const int Width = 768;

    /// <summary>Width of its MLP.</summary>
    protected const int Hidden = 3072;

    /// <summary>Its vocabulary.</summary>
    protected const int Vocabulary = 50257;

    private readonly List<DeviceBuffer> _buffers = [];
    private readonly Random _random = new(1);

    /// <summary>Name of the device: one core, all, or a GPU that this machine has.</summary>
    [ParamsSource(nameof(DeviceNames))]
    public string Device { get; set; } = "cpu";

    /// <summary>All names.</summary>
    public static IEnumerable<string> DeviceNames =>
        ["cpu-1", "cpu", .. CudaSystem.HasKernels ? CudaSystem.Devices(out _).Where(gpu => gpu.Facts is not null).Select(gpu => gpu.Name) : []];

    /// <summary>The device.</summary>
    protected IDevice Opened { get; private set; } = null!;

    /// <summary>Its ops.</summary>
    protected IOps Ops => Opened.Ops;

    /// <summary>What one call of a benchmark does.</summary>
    public abstract Work WorkOf(string benchmark);

    /// <summary>Makes the tensors.</summary>
    protected abstract void Prepare();

    /// <summary>Gives back what is not a tensor of <see cref="Numbers"/> or <see cref="Empty"/>.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Opens the device.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Opened = Device == "cpu-1" ? new CpuDevice(threads: 1) : Devices.Open(new DeviceOptions { Name = Device });
        Prepare();
    }

    /// <summary>Gives everything back.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        Release();
        _buffers.ForEach(b => b.Dispose());
        _buffers.Clear();
        Opened.Dispose();
    }

    /// <summary>A tensor of numbers between -scale and scale.</summary>
    protected Tensor Numbers(Shape shape, double scale = 1)
    {
        float[] values = new float[shape.Count];
        foreach (ref float v in values.AsSpan())
        {
            v = (float)(((2 * _random.NextDouble()) - 1) * scale);
        }

        Tensor t = Empty(shape);
        Opened.Write(t, MemoryMarshal.AsBytes(values.AsSpan()));
        return t;
    }

    /// <summary>A tensor of integers.</summary>
    protected Tensor Integers(params int[] values)
    {
        Tensor t = Empty(new Shape(values.Length), ElementType.I32);
        Opened.Write(t, MemoryMarshal.AsBytes(values.AsSpan()));
        return t;
    }

    /// <summary>A tensor to be written.</summary>
    protected Tensor Empty(Shape shape, ElementType type = ElementType.F32)
    {
        DeviceBuffer buffer = Opened.Allocate(shape.Count * type.Size());
        _buffers.Add(buffer);
        return new Tensor(buffer, 0, shape, type);
    }

    /// <summary>Bytes of so many f32 rows of a width.</summary>
    protected static double F32(double rows, double width) => 4 * rows * width;
}
