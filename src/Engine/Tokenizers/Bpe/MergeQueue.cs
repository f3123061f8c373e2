namespace Weir.Engine.Tokenizers;

/// <summary>A heap of merges that are possible: the lowest rank first, then the leftmost.</summary>
internal sealed class MergeQueue
{
    private ulong[] _heap = new ulong[64];

    public int Count { get; private set; }

    /// <summary>Adds without order; to be followed by <see cref="Order"/>.</summary>
    public void AddUnordered(int rank, int at)
    {
        if (Count == _heap.Length)
            Array.Resize(ref _heap, 2 * Count);
        _heap[Count++] = (ulong)(uint)rank << 32 | (uint)at;
    }

    public void Order()
    {
        for (int i = Count / 2 - 1; i >= 0; i--)
            SiftDown(i, _heap[i]);
    }

    public void Add(int rank, int at)
    {
        AddUnordered(rank, at);
        int i = Count - 1;
        ulong item = _heap[i];
        for (int parent = (i - 1) / 2; i > 0 && _heap[parent] > item; parent = (i - 1) / 2)
        {
            _heap[i] = _heap[parent];
            i = parent;
        }
        _heap[i] = item;
    }

    public (int Rank, int At) Take()
    {
        ulong top = _heap[0];
        ulong last = _heap[--Count];
        if (Count > 0)
            SiftDown(0, last);
        return ((int)(top >> 32), (int)(uint)top);
    }

    private void SiftDown(int i, ulong item)
    {
        while (2 * i + 1 < Count)
        {
            int child = 2 * i + 1;
            if (child + 1 < Count && _heap[child + 1] < _heap[child])
                child++;
            if (_heap[child] >= item)
                break;
            _heap[i] = _heap[child];
            i = child;
        }
        _heap[i] = item;
    }
}
