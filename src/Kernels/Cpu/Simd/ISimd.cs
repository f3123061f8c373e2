namespace Weir.Kernels.Cpu.Simd;

/// <summary>
/// Float vectors of one width. Bodies of ops are generic over this, so that AVX-512, AVX2 and the portable path are one
/// source; the JIT makes each call the one instruction it stands for.
/// </summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal unsafe interface ISimd<TVector>
    where TVector : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Rows of the widest product tile (rows x 2 vectors) that the registers hold.</summary>
    static abstract int TileRows { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Create(float value);

    static abstract TVector Load(float* p);

    /// <summary>The first count (0 .. Count) floats at p, the other lanes 0; touches no memory beyond them.</summary>
    static abstract TVector LoadPartial(float* p, int count);

    /// <summary>Widens Count bfloat16 values.</summary>
    static abstract TVector LoadBF16(ushort* p);

    /// <summary>Widens Count binary16 values, subnormals, infinities and NaN included.</summary>
    static abstract TVector LoadF16(ushort* p);

    /// <summary>Widens the bfloat16 values in the lower halves of Count words.</summary>
    static abstract TVector LowBF16(uint* p);

    /// <summary>Widens the bfloat16 values in the upper halves of Count words.</summary>
    static abstract TVector HighBF16(uint* p);

    /// <summary>Widens the binary16 values in the lower halves of Count words.</summary>
    static abstract TVector LowF16(uint* p);

    /// <summary>Widens the binary16 values in the upper halves of Count words.</summary>
    static abstract TVector HighF16(uint* p);

    static abstract void Store(float* p, TVector v);

    /// <summary>Stores the first count (0 .. Count) lanes; touches no memory beyond them.</summary>
    static abstract void StorePartial(float* p, TVector v, int count);

    /// <summary>All bits set in the first count lanes, none in the others.</summary>
    static abstract TVector FirstLanes(int count);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a b + c, rounded once.</summary>
    static abstract TVector Fma(TVector a, TVector b, TVector c);

    static abstract TVector Min(TVector a, TVector b);

    static abstract TVector Max(TVector a, TVector b);

    static abstract TVector Sqrt(TVector a);

    static abstract TVector Abs(TVector a);

    /// <summary>The nearest integer, halves to even.</summary>
    static abstract TVector Round(TVector a);

    /// <summary>
    /// v 2^n, where the integer n (its exponent must stay in range) is given as the low bits of shifted, n + 1.5 2^23:
    /// one addition to the exponent's bits.
    /// </summary>
    static abstract TVector AddExponent(TVector v, TVector shifted);

    /// <summary>All bits set where a is less than b, else none.</summary>
    static abstract TVector LessThan(TVector a, TVector b);

    /// <summary>a where the mask's bits are set, else b.</summary>
    static abstract TVector Select(TVector mask, TVector a, TVector b);

    /// <summary>True where any lane of a is greater than b's.</summary>
    static abstract bool AnyGreater(TVector a, TVector b);

    /// <summary>Number of lanes of a that are less than b's.</summary>
    static abstract int CountLess(TVector a, TVector b);

    /// <summary>Sum of the lanes, pairwise, in an order of its own that never changes.</summary>
    static abstract float Sum(TVector a);

    /// <summary>Largest lane.</summary>
    static abstract float MaxLane(TVector a);

    /// <summary>Asks for a cache line ahead of its use.</summary>
    static abstract void Prefetch(void* p);
}
