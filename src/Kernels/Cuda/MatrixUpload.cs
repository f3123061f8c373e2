using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda;

/// <summary>
/// Brings a matrix from a file's layout to the device. Rows that lie in the file as they will on the device are copied
/// from there; others are gathered, some megabytes at a time, by all processors.
/// </summary>
internal sealed unsafe class MatrixUpload
{
    private const long StagingBytes = 32 << 20;
    private const int MostBytesOfCopy = 1 << 30; // A span counts in int.
    private const int TileOutputs = 64;
    private const int TileInputs = 64;

    private readonly ICudaDriver _driver;
    private readonly MatrixSource _source;
    private readonly nint _to;
    private readonly long _rowBytes;
    private readonly int _size;

    private MatrixUpload(ICudaDriver driver, MatrixSource source, nint to, long rowBytes)
    {
        _driver = driver;
        _source = source;
        _to = to;
        _rowBytes = rowBytes;
        _size = source.Type.Size();
    }

    /// <summary>Copies every row to a pitch of so many bytes, and zeros between its end and the next row.</summary>
    public static void Run(ICudaDriver driver, MatrixSource source, nint to, long rowBytes)
    {
        if (source.Inputs > 0)
        {
            new MatrixUpload(driver, source, to, rowBytes).Run();
        }
    }

    private void Run()
    {
        byte* staging = null;
        int stagedRows = (int)Math.Clamp(StagingBytes / _rowBytes, 1, Math.Max(_source.Outputs, 1));
        try
        {
            nint to = _to;
            foreach (MatrixPart part in _source.Parts)
            {
                if (part.InputStride == 1 && part.OutputStride * _size == _rowBytes && (long)_source.Inputs * _size == _rowBytes)
                {
                    Copy(to, (byte*)part.Address, part.Outputs * _rowBytes);
                    to += (nint)(part.Outputs * _rowBytes);
                    continue;
                }

                if (staging == null)
                {
                    staging = (byte*)NativeMemory.Alloc((nuint)(stagedRows * _rowBytes));
                }

                for (int first = 0; first < part.Outputs; first += stagedRows)
                {
                    int rows = Math.Min(stagedRows, part.Outputs - first);
                    Gather(part, first, rows, staging);
                    Copy(to, staging, rows * _rowBytes);
                    to += (nint)(rows * _rowBytes);
                }
            }
        }
        finally
        {
            NativeMemory.Free(staging);
        }
    }

    private void Copy(nint to, byte* from, long bytes)
    {
        for (long done = 0; done < bytes; done += MostBytesOfCopy)
        {
            _driver.CopyToDevice(to + (nint)done, new ReadOnlySpan<byte>(from + done, (int)Math.Min(MostBytesOfCopy, bytes - done)));
        }
    }

    private void Gather(MatrixPart part, int first, int rows, byte* to)
    {
        _ = Parallel.For(0, (rows + TileOutputs - 1) / TileOutputs, tile =>
        {
            int start = tile * TileOutputs, count = Math.Min(TileOutputs, rows - start);
            byte* from = (byte*)part.Address + ((first + start) * part.OutputStride * _size);
            byte* rowsTo = to + (start * _rowBytes);
            int bytes = _source.Inputs * _size;
            if (part.InputStride != 1)
            {
                if (_size == 4)
                {
                    Transpose<uint>(part, from, rowsTo, count);
                }
                else
                {
                    Transpose<ushort>(part, from, rowsTo, count);
                }
            }

            for (int row = 0; row < count; row++)
            {
                byte* rowTo = rowsTo + (row * _rowBytes);
                if (part.InputStride == 1)
                {
                    new ReadOnlySpan<byte>(from + (row * part.OutputStride * _size), bytes).CopyTo(new Span<byte>(rowTo, bytes));
                }

                new Span<byte>(rowTo + bytes, (int)(_rowBytes - bytes)).Clear();
            }
        });
    }

    /// <summary>Some outputs of a part whose inputs lie apart, in tiles that stay in the first-level cache.</summary>
    private void Transpose<T>(MatrixPart part, byte* from, byte* to, int outputs)
        where T : unmanaged
    {
        for (int start = 0; start < _source.Inputs; start += TileInputs)
        {
            int end = Math.Min(start + TileInputs, _source.Inputs);
            for (int output = 0; output < outputs; output++)
            {
                byte* element = from + (((output * part.OutputStride) + (start * part.InputStride)) * sizeof(T));
                var row = (T*)(to + (output * _rowBytes));
                for (int input = start; input < end; input++, element += part.InputStride * sizeof(T))
                {
                    row[input] = Unsafe.ReadUnaligned<T>(element);
                }
            }
        }
    }
}
