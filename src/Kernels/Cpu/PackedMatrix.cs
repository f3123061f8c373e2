namespace Weir.Kernels.Cpu;

/// <summary>
/// Weights as products read them: panels of 32 output features, one after another, and inside a panel one step of 32
/// weights for each input feature. A tile then reads memory from front to back. Weights keep their stored type; a
/// 16-bit step lies in pairs, see <see cref="IPanelElement{TSimd, TVector}"/>. The last panel is filled up with zeros.
/// </summary>
internal sealed unsafe class PackedMatrix : WeightMatrix
{
    private readonly DeviceBuffer _buffer;

    private PackedMatrix(MatrixSource source, DeviceBuffer buffer)
        : base(source.Inputs, source.Outputs, source.Type) => _buffer = buffer;

    /// <inheritdoc/>
    public override long Bytes => _buffer.Bytes;

    /// <summary>Number of panels.</summary>
    public int Panels => PanelsOf(Outputs);

    /// <summary>Bytes of one step: the 32 weights of one input feature.</summary>
    public int StepBytes => TileKernel.Width * Type.Size();

    /// <summary>Bytes of one panel.</summary>
    public long PanelBytes => (long)Inputs * StepBytes;

    /// <summary>The first panel.</summary>
    public byte* Data => (byte*)_buffer.Address;

    /// <summary>Panels that hold so many output features.</summary>
    public static int PanelsOf(int outputs) => (outputs + TileKernel.Width - 1) / TileKernel.Width;

    /// <summary>Packs a matrix; <see cref="MatrixPacker"/> does the work.</summary>
    public static PackedMatrix Load(CpuDevice device, CpuWorkers workers, MatrixSource source)
    {
        source.Validate();
        long bytes = (long)PanelsOf(source.Outputs) * TileKernel.Width * source.Inputs * source.Type.Size();
        var matrix = new PackedMatrix(source, device.Allocate(bytes));
        MatrixPacker.Pack(workers, source, matrix);
        return matrix;
    }

    /// <summary>Where an element's column stands in a step, counted in elements.</summary>
    public int PlaceOf(int column) => Type == ElementType.F32
        ? column
        : (2 * (column % TileKernel.Half)) + (column / TileKernel.Half);

    /// <inheritdoc/>
    protected override void ReadLine(bool isRow, int index, Span<byte> bits)
    {
        int size = Type.Size();
        for (int i = 0; i < bits.Length / size; i++)
        {
            Element(isRow ? index : i, isRow ? i : index).CopyTo(bits[(i * size)..]);
        }
    }

    /// <inheritdoc/>
    protected override void WriteLine(bool isRow, int index, ReadOnlySpan<byte> bits)
    {
        int size = Type.Size();
        for (int i = 0; i < bits.Length / size; i++)
        {
            bits.Slice(i * size, size).CopyTo(Element(isRow ? index : i, isRow ? i : index));
        }
    }

    private Span<byte> Element(int output, int input)
    {
        int size = Type.Size();
        byte* step = Data + (output / TileKernel.Width * PanelBytes) + ((long)input * StepBytes);
        return new Span<byte>(step + (PlaceOf(output % TileKernel.Width) * size), size);
    }

    protected override void Dispose(bool disposing) => _buffer.Dispose();
}
