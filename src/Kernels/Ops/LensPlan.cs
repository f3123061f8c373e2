namespace Weir.Kernels.Ops;

/// <summary>
/// Rows of a lens in blocks that are worked on together. A row whose divergence is wanted needs the logits of its
/// reference tile by tile, so both stand in one block: references come in order, each with the rows that refer to it. A
/// reference that belongs to another block is a guest in this one and computed once more; with the usual dozen of rows
/// to a reference that happens where a block ends and nowhere else. Nothing of this changes a row's bits.
/// </summary>
internal unsafe struct LensPlan
{
    private readonly int _capacity;
    private int* _place;
    private int* _stamp;

    /// <summary>Plans n rows in blocks of at most so many.</summary>
    /// <param name="n">Rows of the states.</param>
    /// <param name="references">Row that each row refers to, or null.</param>
    /// <param name="capacity">Most slots of a block, above 1.</param>
    /// <param name="memory">As many integers as <see cref="Integers"/> says.</param>
    public LensPlan(int n, int* references, int capacity, int* memory)
    {
        int most = MostSlots(n, references != null);
        _capacity = capacity;
        Row = memory;
        Reference = Row + most;
        Owned = Reference + most;
        Start = Owned + most;
        Start[0] = 0;
        if (references == null)
        {
            Spread(n);
        }
        else
        {
            Group(n, references, Start + MostBlocks(n, references: true, capacity) + 1);
        }
    }

    /// <summary>Slots of all blocks.</summary>
    public int Slots { get; private set; }

    /// <summary>Blocks.</summary>
    public int Blocks { get; private set; }

    /// <summary>First slot of each block, then the number of slots.</summary>
    public int* Start { get; }

    /// <summary>Row of the states in each slot.</summary>
    public int* Row { get; }

    /// <summary>Slot of each slot's reference, or -1; itself where a row is its own.</summary>
    public int* Reference { get; }

    /// <summary>1 where the row's results come from this slot, 0 for a guest.</summary>
    public int* Owned { get; }

    /// <summary>Integers that a plan needs.</summary>
    public static long Integers(int n, bool references, int capacity)
    {
        return (3L * MostSlots(n, references)) + MostBlocks(n, references, capacity) + 1 + (references ? 4L * n : 0);
    }

    /// <summary>Most blocks that a plan may have.</summary>
    public static int MostBlocks(int n, bool references, int capacity) => (MostSlots(n, references) / (capacity - 1)) + 1;

    private static int MostSlots(int n, bool references) => references ? checked(2 * n) : n;

    private void Spread(int n)
    {
        Blocks = (n + _capacity - 1) / _capacity;
        Slots = n;
        for (int i = 0; i < n; i++)
        {
            Row[i] = i;
            Reference[i] = -1;
            Owned[i] = 1;
        }

        for (int block = 1; block <= Blocks; block++)
        {
            Start[block] = (int)((long)n * block / Blocks);
        }
    }

    private void Group(int n, int* references, int* memory)
    {
        int* first = memory, next = memory + n;
        _place = next + n;
        _stamp = _place + n;
        new Span<int>(first, n).Fill(-1);
        new Span<int>(_stamp, n).Fill(-1);
        for (int i = n - 1; i >= 0; i--)
        {
            next[i] = first[references[i]];
            first[references[i]] = i;
        }

        for (int reference = 0; reference < n; reference++)
        {
            for (int i = first[reference]; i >= 0; i = next[i])
            {
                if (Slots + Missing(reference) + (i == reference ? 0 : Missing(i)) > Start[Blocks] + _capacity)
                {
                    Start[++Blocks] = Slots;
                }

                int at = Place(reference), slot = Place(i);
                Reference[slot] = at;
                Owned[slot] = 1;
            }
        }

        if (n > 0)
        {
            Start[++Blocks] = Slots;
        }
    }

    /// <summary>Slots that a row still needs in this block.</summary>
    private readonly int Missing(int row) => _stamp[row] == Blocks ? 0 : 1;

    private int Place(int row)
    {
        if (_stamp[row] != Blocks)
        {
            _stamp[row] = Blocks;
            _place[row] = Slots;
            Row[Slots] = row;
            Reference[Slots] = -1;
            Owned[Slots++] = 0;
        }

        return _place[row];
    }
}
