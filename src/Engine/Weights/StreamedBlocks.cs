using System.Collections;
using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>Blocks of which one at a time is on the device: asking for another reads it and lets the last one go.</summary>
/// <param name="count">How many there are.</param>
/// <param name="load">Brings a block to the device; what it owns there goes into the list.</param>
internal sealed class StreamedBlocks(int count, Func<int, List<IDisposable>, BlockWeights> load) : IReadOnlyList<BlockWeights>, IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private BlockWeights? _block;
    private int _layer = -1;

    public int Count => count;

    /// <summary>Bytes that the block on the device takes there.</summary>
    public long HeldBytes => _owned.Sum(o => o is WeightMatrix matrix ? matrix.Bytes : ((DeviceBuffer)o).Bytes);

    public BlockWeights this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)count, nameof(index));
            if (_block is null || _layer != index)
            {
                Dispose();
                _block = load(index, _owned);
                _layer = index;
            }

            return _block;
        }
    }

    public IEnumerator<BlockWeights> GetEnumerator() => Enumerable.Range(0, count).Select(l => this[l]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        _block = null;
        foreach (IDisposable item in _owned)
        {
            item.Dispose();
        }

        _owned.Clear();
    }
}
