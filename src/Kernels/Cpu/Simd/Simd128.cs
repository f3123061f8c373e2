using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Weir.Kernels.Cpu.Simd;

/// <summary>The portable path: 4 floats, whatever the processor has for them.</summary>
internal readonly unsafe struct Simd128 : ISimd<Vector128<float>>
{
    public static int Count => Vector128<float>.Count;

    public static int TileRows => 6;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* p) => Vector128.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadPartial(float* p, int count)
    {
        if (Avx.IsSupported)
        {
            return Avx.MaskLoad(p, FirstLanes(count));
        }

        return count switch
        {
            0 => Zero,
            1 => Vector128.Create(p[0], 0, 0, 0),
            2 => Vector128.Create(p[0], p[1], 0, 0),
            3 => Vector128.Create(p[0], p[1], p[2], 0),
            _ => Load(p),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBF16(ushort* p) => Vector128.ShiftLeft(Widen(p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadF16(ushort* p)
    {
        // Exponent and fraction moved into place, then scaled by 2^112: exact for normals and subnormals. Infinities
        // and NaN come out as 2^16 and above and get the exponent of all ones back.
        Vector128<uint> h = Widen(p);
        Vector128<uint> sign = Vector128.ShiftLeft(h & Vector128.Create(0x8000u), 16);
        Vector128<float> magnitude = Vector128.ShiftLeft(h & Vector128.Create(0x7fffu), 13).AsSingle() * Vector128.Create(5.192296858534828e33f);
        Vector128<float> special = Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(65536f));
        return (magnitude.AsUInt32() | (special.AsUInt32() & Vector128.Create(0x7f800000u)) | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LowBF16(uint* p) => Vector128.ShiftLeft(Vector128.Load(p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> HighBF16(uint* p) => (Vector128.Load(p) & Vector128.Create(0xffff0000u)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LowF16(uint* p) => WidenHigh(Vector128.ShiftLeft(Vector128.Load(p), 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> HighF16(uint* p) => WidenHigh(Vector128.Load(p) & Vector128.Create(0xffff0000u));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* p, Vector128<float> v) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* p, Vector128<float> v, int count)
    {
        if (Avx.IsSupported)
        {
            Avx.MaskStore(p, FirstLanes(count), v);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            p[i] = v[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FirstLanes(int count) =>
        Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Fma(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sqrt(Vector128<float> a) => Vector128.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Abs(Vector128<float> a) => Vector128.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Round(Vector128<float> a) => Vector128.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AddExponent(Vector128<float> v, Vector128<float> shifted) =>
        (v.AsInt32() + Vector128.ShiftLeft(shifted.AsInt32(), 23)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LessThan(Vector128<float> a, Vector128<float> b) => Vector128.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Select(Vector128<float> mask, Vector128<float> a, Vector128<float> b) =>
        Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Vector128<float> a, Vector128<float> b) => Vector128.GreaterThanAny(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountLess(Vector128<float> a, Vector128<float> b) =>
        BitOperations.PopCount(Vector128.LessThan(a, b).ExtractMostSignificantBits());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> a) => Vector128.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxLane(Vector128<float> a)
    {
        Vector128<float> m = Vector128.Max(a, Vector128.Shuffle(a, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(m[0], m[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* p)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(p);
        }
    }

    /// <summary>Widens the binary16 in the upper half of each lane; the lower half is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> WidenHigh(Vector128<uint> h)
    {
        // As LoadF16 does it.
        Vector128<uint> sign = h & Vector128.Create(0x80000000u);
        Vector128<float> magnitude = Vector128.ShiftRightLogical(h ^ sign, 3).AsSingle() * Vector128.Create(5.192296858534828e33f);
        Vector128<float> special = Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(65536f));
        return (magnitude.AsUInt32() | (special.AsUInt32() & Vector128.Create(0x7f800000u)) | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Widen(ushort* p) => Vector128.WidenLower(Vector64.Load(p).ToVector128Unsafe());
}
