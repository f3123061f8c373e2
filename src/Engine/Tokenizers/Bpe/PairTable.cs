using System.Numerics;

namespace Weir.Engine.Tokenizers;

/// <summary>A hash table from pairs of token ids to a pair of numbers, open-addressed: the inner loop of merging.</summary>
internal sealed class PairTable
{
    private const ulong Empty = ulong.MaxValue; // ids are not negative, so no pair has this key

    private readonly ulong[] _keys;
    private readonly (int Rank, int Id)[] _values;
    private readonly int _shift;

    /// <summary>Makes a table for at most so many pairs.</summary>
    public PairTable(int capacity)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, 2L * capacity));
        _keys = new ulong[size];
        _values = new (int, int)[size];
        _shift = 64 - BitOperations.Log2((uint)size);
        Array.Fill(_keys, Empty);
    }

    /// <summary>Sets the value of a pair; the last one stands.</summary>
    public void Set(int left, int right, int rank, int id)
    {
        int slot = Find(Key(left, right));
        _keys[slot] = Key(left, right);
        _values[slot] = (rank, id);
    }

    public bool Contains(int left, int right) => _keys[Find(Key(left, right))] != Empty;

    public bool TryGet(int left, int right, out int rank, out int id)
    {
        int slot = Find(Key(left, right));
        (rank, id) = _values[slot];
        return _keys[slot] != Empty;
    }

    private static ulong Key(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    private int Find(ulong key)
    {
        ulong[] keys = _keys;
        int slot = (int)(key * 0x9E3779B97F4A7C15 >> _shift);
        while (keys[slot] != key && keys[slot] != Empty)
            slot = slot + 1 & keys.Length - 1;
        return slot;
    }
}
