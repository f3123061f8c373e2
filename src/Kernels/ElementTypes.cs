namespace Weir.Kernels;

/// <summary>Facts about <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    /// <summary>Size of one element in bytes.</summary>
    public static int Size(this ElementType type) => type is ElementType.F32 or ElementType.I32 ? 4 : 2;

    /// <summary>The name that safetensors and the command line use.</summary>
    public static string Name(this ElementType type) => type.ToString().ToLowerInvariant();
}
