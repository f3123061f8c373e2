namespace Weir.Kernels.Cpu;

/// <summary>
/// The largest logits so far with their ids, largest first, as words that compare as (logit, lower id first): equal
/// logits need no thought, and lists of different workers merge by plain comparison.
/// </summary>
internal static unsafe class LensList
{
    /// <summary>A logit, in the order of floats (-0 as 0, NaN as -infinity), above the complement of its id.</summary>
    public static ulong Key(float logit, int id)
    {
        uint bits = BitConverter.SingleToUInt32Bits(float.IsNaN(logit) ? float.NegativeInfinity : logit + 0f);
        uint ordered = (int)bits < 0 ? ~bits : bits | 0x80000000;
        return ((ulong)ordered << 32) | ~(uint)id;
    }

    /// <summary>The logit of a key.</summary>
    public static float Logit(ulong key)
    {
        uint ordered = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((int)ordered < 0 ? ordered ^ 0x80000000 : ~ordered);
    }

    /// <summary>The id of a key.</summary>
    public static int Id(ulong key) => (int)~(uint)key;

    /// <summary>Puts a key in its place; the last falls out of a full list.</summary>
    public static void Insert(ulong* list, ref int count, int capacity, ulong key)
    {
        if (count == capacity && key <= list[capacity - 1])
        {
            return;
        }

        int low = 0, high = count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (list[middle] > key)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        count = Math.Min(count + 1, capacity);
        new Span<ulong>(list + low, count - low - 1).CopyTo(new Span<ulong>(list + low + 1, count - low - 1));
        list[low] = key;
    }
}
