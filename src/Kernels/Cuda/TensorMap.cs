using System.Runtime.CompilerServices;

namespace Weir.Kernels.Cuda;

/// <summary>
/// The twin of weir::TensorMap: a member of a kernel's argument struct, at a multiple of 64 bytes. The kernel's struct is
/// a multiple of 64 bytes too, so a twin that is none by itself states its Size; the emulator compares the sizes.
/// </summary>
[InlineArray(128)]
internal struct TensorMap
{
    private byte _first;

    /// <summary>Describes a matrix to the bulk copy engine.</summary>
    public static TensorMap Of(ICudaDriver driver, in TensorMapLayout layout)
    {
        TensorMap map = default;
        driver.EncodeTensorMap(layout, map);
        return map;
    }
}
