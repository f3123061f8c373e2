namespace Weir.Kernels;

/// <summary>A weight matrix W [outputs, inputs] in a layout that only its device knows.</summary>
public abstract class WeightMatrix : IDisposable
{
    /// <summary>Describes a matrix.</summary>
    protected WeightMatrix(int inputs, int outputs, ElementType type)
    {
        Inputs = inputs;
        Outputs = outputs;
        Type = type;
    }

    /// <summary>Width of a product's operand.</summary>
    public int Inputs { get; }

    /// <summary>Width of a product's result.</summary>
    public int Outputs { get; }

    /// <summary>Element type as stored.</summary>
    public ElementType Type { get; }

    /// <summary>Bytes of device memory.</summary>
    public abstract long Bytes { get; }

    /// <summary>Copies the weights of one output feature, a row of W, to host memory as stored; waits for the ops before it.</summary>
    /// <param name="output">The row.</param>
    /// <param name="bits">Written: <see cref="Inputs"/> elements of <see cref="Type"/>.</param>
    public void ReadRow(int output, Span<byte> bits) => ReadLine(isRow: true, Checked(output, Outputs, Inputs, bits.Length), bits);

    /// <summary>Puts other weights in the place of a row, for all ops that come after.</summary>
    /// <param name="output">The row.</param>
    /// <param name="bits"><see cref="Inputs"/> elements of <see cref="Type"/>.</param>
    public void WriteRow(int output, ReadOnlySpan<byte> bits) => WriteLine(isRow: true, Checked(output, Outputs, Inputs, bits.Length), bits);

    /// <summary>The same as <see cref="ReadRow"/> for what one input feature is multiplied by, a column of W.</summary>
    /// <param name="input">The column.</param>
    /// <param name="bits">Written: <see cref="Outputs"/> elements of <see cref="Type"/>.</param>
    public void ReadColumn(int input, Span<byte> bits) => ReadLine(isRow: false, Checked(input, Inputs, Outputs, bits.Length), bits);

    /// <summary>The same as <see cref="WriteRow"/> for a column.</summary>
    /// <param name="input">The column.</param>
    /// <param name="bits"><see cref="Outputs"/> elements of <see cref="Type"/>.</param>
    public void WriteColumn(int input, ReadOnlySpan<byte> bits) => WriteLine(isRow: false, Checked(input, Inputs, Outputs, bits.Length), bits);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads a row or a column that exists into memory of its size.</summary>
    protected abstract void ReadLine(bool isRow, int index, Span<byte> bits);

    /// <summary>Writes a row or a column that exists.</summary>
    protected abstract void WriteLine(bool isRow, int index, ReadOnlySpan<byte> bits);

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);

    private int Checked(int index, int lines, int length, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)lines, nameof(index));
        return bytes == (long)length * Type.Size() ? index
            : throw new ArgumentException($"{bytes} bytes are not {length} elements of {Type.Name()}.", nameof(bytes));
    }
}
