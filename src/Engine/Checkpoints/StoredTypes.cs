using Weir.Kernels;

namespace Weir.Engine.Checkpoints;

/// <summary>Facts about <see cref="StoredType"/>.</summary>
public static class StoredTypes
{
    /// <summary>Size of one element in bits.</summary>
    public static int Bits(this StoredType type) => type switch
    {
        StoredType.F4 => 4,
        StoredType.F6_E2M3 or StoredType.F6_E3M2 => 6,
        StoredType.I16 or StoredType.U16 or StoredType.F16 or StoredType.BF16 => 16,
        StoredType.I32 or StoredType.U32 or StoredType.F32 => 32,
        StoredType.C64 or StoredType.F64 or StoredType.I64 or StoredType.U64 => 64,
        _ => 8,
    };

    /// <summary>The type as weights: F32, F16 or BF16; null for what cannot be weights.</summary>
    public static ElementType? WeightType(this StoredType type) => type switch
    {
        StoredType.F32 => ElementType.F32,
        StoredType.F16 => ElementType.F16,
        StoredType.BF16 => ElementType.BF16,
        _ => null,
    };
}
