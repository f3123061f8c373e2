namespace Weir.Kernels.Cuda;

/// <summary>Operands of a product y = x W^T. Strides are elements from row to row.</summary>
internal readonly record struct BlasProduct
{
    /// <summary>Type of x and W.</summary>
    public ElementType Type { get; init; }

    /// <summary>Rows of x and y.</summary>
    public int Rows { get; init; }

    /// <summary>Columns of x and W.</summary>
    public int Inputs { get; init; }

    /// <summary>Rows of W, columns of y.</summary>
    public int Outputs { get; init; }

    /// <summary>Device address of x.</summary>
    public nint X { get; init; }

    /// <summary>Stride of x.</summary>
    public long StrideX { get; init; }

    /// <summary>Device address of W.</summary>
    public nint W { get; init; }

    /// <summary>Stride of W.</summary>
    public long StrideW { get; init; }

    /// <summary>Device address of y, f32.</summary>
    public nint Y { get; init; }

    /// <summary>Stride of y.</summary>
    public long StrideY { get; init; }

    /// <summary>Device address of f32 [outputs] added to every row, or 0; not with an addend.</summary>
    public nint Bias { get; init; }

    /// <summary>Device address of f32 of y's shape added to the product, or 0; may be y.</summary>
    public nint Addend { get; init; }

    /// <summary>Stride of the addend.</summary>
    public long StrideAddend { get; init; }
}
