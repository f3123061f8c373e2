using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// A panel of a 16-bit type as f32, for products with several row tiles where widening in each would cost more than
/// once in advance: f16 takes nine instructions a vector. bf16 takes one, which hides behind the multiply-adds.
/// </summary>
internal static unsafe class PanelWidener<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Widens so many steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen<TPanel>(byte* from, int steps, float* to)
        where TPanel : struct, IPanelElement<TSimd, TVector>
    {
        for (; steps > 0; steps--, from += TileKernel.Width * TPanel.Size, to += TileKernel.Width)
        {
            for (int j = 0; j < TileKernel.Half; j += TSimd.Count)
            {
                TSimd.Store(to + j, TPanel.Low(from + (j * sizeof(float))));
                TSimd.Store(to + j + TileKernel.Half, TPanel.High(from + (j * sizeof(float))));
            }
        }
    }
}
