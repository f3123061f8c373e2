using static Weir.Kernels.Cuda.Native.CudaConstants;

namespace Weir.Kernels.Cuda.Native;

/// <summary>Descriptions of matrices for the bulk copy engine.</summary>
internal static unsafe class TensorMapEncoder
{
    private const int Bytes = 128;
    private const int Alignment = 64;

    /// <summary>Writes the 128 bytes.</summary>
    /// <exception cref="CudaException">The engine does not take such a matrix or box.</exception>
    public static void Encode(CudaLibrary library, in TensorMapLayout layout, Span<byte> map)
    {
        ulong* sizes = stackalloc ulong[] { (ulong)layout.Columns, (ulong)layout.Rows };
        ulong* strides = stackalloc ulong[] { (ulong)layout.RowBytes };
        uint* box = stackalloc uint[] { (uint)layout.BoxColumns, (uint)layout.BoxRows };
        uint* steps = stackalloc uint[] { 1, 1 };
        int type = layout.Type switch
        {
            ElementType.F32 => TensorFloat32,
            ElementType.BF16 => TensorBFloat16,
            ElementType.F16 => TensorFloat16,
            _ => TensorInt32,
        };

        byte* room = stackalloc byte[Bytes + Alignment];
        byte* aligned = (byte*)(((nint)room + Alignment - 1) & ~(Alignment - 1));
        int result = library.Calls.cuTensorMapEncodeTiled(
            aligned, type, 2, layout.Address, sizes, strides, box, steps, 0, layout.Swizzled ? TensorSwizzle128B : TensorSwizzleNone, TensorL2Promotion128B, 0);
        if (result != 0)
        {
            throw library.Failure(result, ".cuTensorMapEncodeTiled(", $" for {layout}");
        }

        new ReadOnlySpan<byte>(aligned, Bytes).CopyTo(map);
    }
}
