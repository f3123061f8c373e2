using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// How one step k of a panel (32 weights of one input feature) is read. Floats lie in the order of their columns.
/// 16-bit weights lie in pairs, column j beside column j + 16, so that one load and a shift or a mask give two vectors
/// of f32, at any vector width and without a lane crossing.
/// </summary>
internal unsafe interface IPanelElement<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Bytes of one column in one step of k.</summary>
    static abstract int Size { get; }

    /// <summary>Whether a panel that meets several tiles should be widened in advance.</summary>
    static abstract bool Widen { get; }

    /// <summary>Count columns of the first half of the panel.</summary>
    static abstract TVector Low(byte* b);

    /// <summary>The columns 16 further on.</summary>
    static abstract TVector High(byte* b);
}

/// <summary>f32 weights.</summary>
internal readonly unsafe struct PanelF32<TSimd, TVector> : IPanelElement<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public static int Size => 4;

    public static bool Widen => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Low(byte* b) => TSimd.Load((float*)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector High(byte* b) => TSimd.Load((float*)b + TileKernel.Half);
}

/// <summary>bf16 weights in pairs.</summary>
internal readonly unsafe struct PanelBF16<TSimd, TVector> : IPanelElement<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public static int Size => 2;

    public static bool Widen => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Low(byte* b) => TSimd.LowBF16((uint*)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector High(byte* b) => TSimd.HighBF16((uint*)b);
}

/// <summary>f16 weights in pairs.</summary>
internal readonly unsafe struct PanelF16<TSimd, TVector> : IPanelElement<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public static int Size => 2;

    public static bool Widen => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Low(byte* b) => TSimd.LowF16((uint*)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector High(byte* b) => TSimd.HighF16((uint*)b);
}
