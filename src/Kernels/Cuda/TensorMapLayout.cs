namespace Weir.Kernels.Cuda;

/// <summary>A row-major matrix in device memory and the box that one bulk copy takes of it.</summary>
/// <param name="Address">First element; 16-byte aligned.</param>
/// <param name="Type">Element type.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Elements of a row; what a box reads past them and past the rows is 0.</param>
/// <param name="RowBytes">Bytes from row to row; a multiple of 16.</param>
/// <param name="BoxRows">Rows of a box.</param>
/// <param name="BoxColumns">Columns of a box; with swizzling, 128 bytes.</param>
/// <param name="Swizzled">True: 16-byte units of a row of the box are permuted, unit u of row r lies at u xor (r mod 8).</param>
internal readonly record struct TensorMapLayout(
    nint Address, ElementType Type, int Rows, int Columns, long RowBytes, int BoxRows, int BoxColumns, bool Swizzled);
