namespace Weir.Kernels.Cuda;

/// <summary>
/// Weights as kernels read them: row-major [outputs, inputs] in their stored type. A row begins at a multiple of 16 bytes
/// and is filled up with zeros, so that it can be read in units of 16 bytes and taken by bulk copies.
/// </summary>
internal sealed unsafe class CudaMatrix : WeightMatrix
{
    /// <summary>What a row's bytes are a multiple of.</summary>
    public const int RowAlignment = 16;

    private readonly ICudaDriver _driver;
    private readonly DeviceBuffer _buffer;

    private CudaMatrix(MatrixSource source, ICudaDriver driver, DeviceBuffer buffer)
        : base(source.Inputs, source.Outputs, source.Type)
    {
        _driver = driver;
        _buffer = buffer;
    }

    /// <inheritdoc/>
    public override long Bytes => _buffer.Bytes;

    /// <summary>Device address of the first row.</summary>
    public nint Address => _buffer.Address;

    /// <summary>Bytes from one row to the next.</summary>
    public long RowBytes => RowBytesOf(Inputs, Type);

    /// <summary>Elements from one row to the next.</summary>
    public long Stride => RowBytes / Type.Size();

    /// <summary>Device address of an input of the first row.</summary>
    public void* At(int input) => (byte*)Address + ((long)input * Type.Size());

    /// <summary>True where an input of every row lies at a multiple of 16 bytes.</summary>
    public bool IsAligned(int input) => (long)input * Type.Size() % RowAlignment == 0;

    /// <summary>Bytes of a row of so many elements with what fills it up.</summary>
    public static long RowBytesOf(int inputs, ElementType type) =>
        ((((long)inputs * type.Size()) + RowAlignment - 1) / RowAlignment) * RowAlignment;

    /// <summary>Copies a matrix to the device; <see cref="MatrixUpload"/> does the work.</summary>
    public static CudaMatrix Load(CudaDevice device, MatrixSource source)
    {
        source.Validate();
        var matrix = new CudaMatrix(source, device.Driver, device.Allocate(RowBytesOf(source.Inputs, source.Type) * source.Outputs));
        try
        {
            MatrixUpload.Run(device.Driver, source, matrix.Address, matrix.RowBytes);
        }
        catch
        {
            matrix.Dispose();
            throw;
        }

        return matrix;
    }

    /// <inheritdoc/>
    protected override void ReadLine(bool isRow, int index, Span<byte> bits)
    {
        if (isRow)
        {
            _driver.CopyToHost(bits, Address + (nint)(index * RowBytes), bits.Length, bits.Length);
        }
        else
        {
            _driver.CopyToHost(bits, (nint)At(index), Type.Size(), RowBytes);
        }
    }

    /// <inheritdoc/>
    /// <remarks>A column goes element by element: some thousand short copies, which only edits by hand make.</remarks>
    protected override void WriteLine(bool isRow, int index, ReadOnlySpan<byte> bits)
    {
        if (isRow)
        {
            _driver.CopyToDevice(Address + (nint)(index * RowBytes), bits);
            return;
        }

        int size = Type.Size();
        for (int output = 0; output < Outputs; output++)
        {
            _driver.CopyToDevice((nint)At(index) + (nint)(output * RowBytes), bits.Slice(output * size, size));
        }
    }

    protected override void Dispose(bool disposing) => _buffer.Dispose();
}
