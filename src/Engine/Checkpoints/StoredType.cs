namespace Weir.Engine.Checkpoints;

/// <summary>An element type of the safetensors format. Only some can be weights; all are validated.</summary>
public enum StoredType
{
    /// <summary>Boolean, one byte.</summary>
    BOOL,

    /// <summary>4-bit float (MXFP4).</summary>
    F4,

    /// <summary>6-bit float, 2 exponent and 3 mantissa bits.</summary>
    F6_E2M3,

    /// <summary>6-bit float, 3 exponent and 2 mantissa bits.</summary>
    F6_E3M2,

    /// <summary>8-bit unsigned integer.</summary>
    U8,

    /// <summary>8-bit signed integer.</summary>
    I8,

    /// <summary>8-bit float, 5 exponent and 2 mantissa bits.</summary>
    F8_E5M2,

    /// <summary>8-bit float, 4 exponent and 3 mantissa bits.</summary>
    F8_E4M3,

    /// <summary>8-bit scale, exponent only.</summary>
    F8_E8M0,

    /// <summary>8-bit float E4M3 without negative zero.</summary>
    F8_E4M3FNUZ,

    /// <summary>8-bit float E5M2 without negative zero.</summary>
    F8_E5M2FNUZ,

    /// <summary>16-bit signed integer.</summary>
    I16,

    /// <summary>16-bit unsigned integer.</summary>
    U16,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>32-bit unsigned integer.</summary>
    U32,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>Complex number of two binary32.</summary>
    C64,

    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>64-bit unsigned integer.</summary>
    U64,
}
