using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

/// <summary>
/// What the steps of a lens share: operands, what is wanted, and the memory of one round. A round is some blocks of rows
/// against the whole vocabulary, small enough that its packed rows stay in the third-level cache.
/// </summary>
internal unsafe struct LensWork
{
    /// <summary>
    /// Columns that are summed up by themselves, always the same, so that a row's sums do not depend on who computes
    /// them; short enough that f32 lanes keep their digits, and the partial sums meet in f64.
    /// </summary>
    public const int SliceColumns = 32 * TileKernel.Width;

    /// <summary>Numbers that are kept of a slice and in total: maximum, S, T, D.</summary>
    public const int SumCount = 4;

    public CpuWorkers Workers;
    public LensPlan Plan;
    public PackedMatrix Weights;
    public float* States;
    public long StatesStride;
    public int Inputs;
    public int Vocabulary;
    public int Slices;
    public float* Bias;
    public float Softcap;
    public float Temperature;

    /// <summary>Whether any result needs the softmax.</summary>
    public bool NeedsSums;
    public bool NeedsRanks;
    public int TopCount;
    public int BottomCount;
    public int TargetCount;
    public int* Targets;

    /// <summary>First block and slot of the round, and their numbers.</summary>
    public int FirstBlock;
    public int Blocks;
    public int FirstSlot;
    public int Slots;

    /// <summary>Packed tiles of the round's rows, block by block.</summary>
    public float* Packed;

    /// <summary>[slot, slice, 4].</summary>
    public double* SliceSums;

    /// <summary>[slot, 4].</summary>
    public double* Sums;

    /// <summary>[slot, target].</summary>
    public float* TargetLogits;

    /// <summary>[worker, slot, target].</summary>
    public int* Ranks;

    /// <summary>[worker, slot, k] and how many of them are filled.</summary>
    public ulong* Top;
    public int* TopFilled;

    /// <summary>The same for the negated logits.</summary>
    public ulong* Bottom;
    public int* BottomFilled;

    /// <summary>Whether logits are more than the product.</summary>
    public readonly bool Transforms => Bias != null || Softcap != 0 || Temperature != 1;

    /// <summary>First slot of a block of the round, counted within the round.</summary>
    public readonly int BlockStart(int block) => Plan.Start[FirstBlock + block] - FirstSlot;

    /// <summary>Slot of a slot's reference within the round, or -1.</summary>
    public readonly int ReferenceOf(int slot)
    {
        int reference = Plan.Reference[FirstSlot + slot];
        return reference < 0 ? -1 : reference - FirstSlot;
    }

    /// <summary>Row of the states in a slot of the round.</summary>
    public readonly int RowOf(int slot) => Plan.Row[FirstSlot + slot];

    /// <summary>Whether a slot's results are written.</summary>
    public readonly bool IsOwned(int slot) => Plan.Owned[FirstSlot + slot] != 0;

    /// <summary>Bytes of the round's memory for so many slots.</summary>
    public static long RoundBytes(in LensWork work, int slots) => new LensWork
    {
        Workers = work.Workers,
        Inputs = work.Inputs,
        Slices = work.Slices,
        TargetCount = work.TargetCount,
        TopCount = work.TopCount,
        BottomCount = work.BottomCount,
    }.Place(0, slots);

    /// <summary>Lays the round's memory out; gives its end.</summary>
    public long Place(long at, int slots)
    {
        long lists = (long)Workers.Threads * slots;
        SliceSums = (double*)Take(ref at, (long)slots * Slices * SumCount * sizeof(double));
        Sums = (double*)Take(ref at, (long)slots * SumCount * sizeof(double));
        Packed = (float*)Take(ref at, (long)slots * Inputs * sizeof(float));
        TargetLogits = (float*)Take(ref at, (long)slots * TargetCount * sizeof(float));
        Ranks = (int*)Take(ref at, lists * TargetCount * sizeof(int));
        Top = (ulong*)Take(ref at, lists * TopCount * sizeof(ulong));
        TopFilled = (int*)Take(ref at, lists * sizeof(int));
        Bottom = (ulong*)Take(ref at, lists * BottomCount * sizeof(ulong));
        BottomFilled = (int*)Take(ref at, lists * sizeof(int));
        return at;
    }

    private static long Take(ref long at, long bytes)
    {
        long start = at;
        at += (bytes + 63) & ~63L;
        return start;
    }
}
