using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

/// <summary>
/// The rows of a lens in slots, as its kernels work on them: in blocks, within which rows have their references. Without
/// references slot i is row i. What is asked about is read back from the device and checked here, since a wrong id is an
/// error of the call, and where a row's reference is decides on where the row goes.
/// </summary>
internal sealed unsafe class LensSlots(ICudaDriver driver) : IDisposable
{
    private int* _memory;
    private int* _table;
    private long _capacity;
    private LensPlan _plan;
    private int _block;

    /// <summary>Slots of all blocks; a block's last ones may be empty.</summary>
    public int Count { get; private set; }

    /// <summary>Slots that hold a row: more than there are rows where references stand in several blocks.</summary>
    public int Filled { get; private set; }

    /// <summary>Reads and checks targets and references, and puts the rows in slots.</summary>
    /// <param name="arguments">What is asked.</param>
    /// <param name="block">Slots of a block.</param>
    /// <param name="multiple">What the number of slots must be a multiple of; a multiple of a block.</param>
    /// <exception cref="ArgumentException">A target or a reference does not exist.</exception>
    public void Plan(in LensArguments arguments, int block, int multiple)
    {
        int n = arguments.States.Rows, blocks = (n + block - 1) / block;
        _block = block;
        Filled = n;
        if (!arguments.Targets.IsAbsent)
        {
            Check.LensIds(Read(arguments.Targets, 0), arguments.Unembedding.Outputs);
        }

        if (!arguments.References.IsAbsent)
        {
            long plan = LensPlan.Integers(n, references: true, block);
            long table = 2L * ((LensPlan.MostBlocks(n, references: true, block) * block) + multiple);
            Check.LensIds(Read(arguments.References, plan + table), n);
            _plan = new LensPlan(n, _memory, block, _memory + n);
            _table = _memory + n + plan;
            blocks = _plan.Blocks;
            Filled = _plan.Slots;
        }

        Count = (int)(((((long)blocks * block) + multiple - 1) / multiple) * multiple);
    }

    /// <summary>
    /// Copies a table to the device: the rows of some slots, then the slots of their references, counted from the first.
    /// Where there is nothing the table has -1.
    /// </summary>
    /// <param name="first">First slot, where a block begins.</param>
    /// <param name="count">How many.</param>
    /// <param name="destination">Twice as many integers in device memory.</param>
    public void Upload(int first, int count, nint destination)
    {
        int* rows = _table, references = _table + count;
        new Span<int>(_table, 2 * count).Fill(-1);
        for (int slot = 0; slot < count; slot += _block)
        {
            int block = (first + slot) / _block;
            int start = block < _plan.Blocks ? _plan.Start[block] : 0, end = block < _plan.Blocks ? _plan.Start[block + 1] : 0;
            for (int i = start; i < end; i++)
            {
                rows[slot + i - start] = _plan.Row[i];
                references[slot + i - start] = _plan.Reference[i] < 0 ? -1 : _plan.Reference[i] - start + slot;
            }
        }

        driver.CopyToDevice(destination, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(_table, 2 * count)));
    }

    public void Dispose() => NativeMemory.Free(_memory);

    /// <summary>Reads ids to the front of the memory; leaves room for so many integers behind them.</summary>
    private ReadOnlySpan<int> Read(Tensor ids, long more)
    {
        int count = (int)ids.Shape.Count;
        if (_capacity < count + more)
        {
            NativeMemory.Free(_memory);
            _capacity = count + more;
            _memory = (int*)NativeMemory.Alloc((nuint)_capacity, sizeof(int));
        }

        var values = new Span<int>(_memory, count);
        if (count > 0)
        {
            driver.CopyToHost(MemoryMarshal.AsBytes(values), ids.Address, ids.Bytes, ids.Bytes);
        }

        return values;
    }
}
