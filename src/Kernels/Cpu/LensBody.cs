using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// The main step of a lens: a block of rows against a slice of the vocabulary, panel by panel. The logits of one panel
/// are all that a worker holds: up to 336 x 32, in the second-level cache beside the panel.
/// </summary>
internal unsafe struct LensBody<TSimd, TVector>(LensWork work) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private readonly LensWork _work = work;

    /// <summary>Blocks follow one another within a slice, so that threads share a slice in the third-level cache.</summary>
    public readonly int Chunks => _work.Blocks * _work.Slices;

    public readonly void Run(int chunk, int worker)
    {
        int block = chunk % _work.Blocks, slice = chunk / _work.Blocks;
        switch (_work.Weights.Type)
        {
            case ElementType.F32:
                Run<PanelF32<TSimd, TVector>>(block, slice, worker);
                break;
            case ElementType.BF16:
                Run<PanelBF16<TSimd, TVector>>(block, slice, worker);
                break;
            default:
                Run<PanelF16<TSimd, TVector>>(block, slice, worker);
                break;
        }
    }

    private readonly void Run<TPanel>(int block, int slice, int worker)
        where TPanel : struct, IPanelElement<TSimd, TVector>
    {
        int start = _work.BlockStart(block), rows = _work.BlockStart(block + 1) - start;
        var product = new PanelProduct<TSimd, TVector, TPanel>(new RowTiles(rows, TSimd.TileRows), _work.Packed + ((long)start * _work.Inputs), _work.Inputs);
        int logitFloats = rows * TileKernel.Width;
        float* logits = _work.Workers.Scratch(worker, logitFloats + LensRows<TSimd, TVector>.Floats(rows) + 16L + product.ScratchFloats);
        var sums = new LensRows<TSimd, TVector>(logits + logitFloats, rows);
        float* scratch = logits + logitFloats + ((LensRows<TSimd, TVector>.Floats(rows) + 15) & ~15);
        int end = Math.Min(_work.Vocabulary, (slice + 1) * LensWork.SliceColumns);
        for (int column = slice * LensWork.SliceColumns; column < end; column += TileKernel.Width)
        {
            int columns = Math.Min(TileKernel.Width, end - column);
            product.Run(_work.Weights.Data + (column / TileKernel.Width * _work.Weights.PanelBytes), logits, scratch);
            if (_work.Transforms || columns < TileKernel.Width)
            {
                float* bias = _work.Bias == null ? null : _work.Bias + column;
                LensLogits<TSimd, TVector>.Finish(logits, rows, bias, _work.Softcap, _work.Temperature, columns);
            }

            if (_work.NeedsSums)
            {
                Sum(start, rows, logits, sums);
            }

            if (_work.TopCount != 0)
            {
                Select(start, rows, logits, column, columns, worker, bottom: false);
            }

            if (_work.BottomCount != 0)
            {
                Select(start, rows, logits, column, columns, worker, bottom: true);
            }

            if (_work.NeedsRanks)
            {
                Rank(start, rows, logits, column, columns, worker);
            }
        }

        for (int row = 0; row < rows; row++)
        {
            sums.Read(row, _work.SliceSums + ((((long)(start + row) * _work.Slices) + slice) * LensWork.SumCount));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Sum(int start, int rows, float* logits, LensRows<TSimd, TVector> sums)
    {
        for (int row = 0; row < rows; row++)
        {
            int reference = _work.ReferenceOf(start + row);
            sums.Add(row, logits + (row * TileKernel.Width), reference < 0 ? null : logits + ((reference - start) * TileKernel.Width));
        }
    }

    /// <summary>Puts logits above a row's k-th into its list: a comparison for almost every tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Select(int start, int rows, float* logits, int column, int columns, int worker, bool bottom)
    {
        int capacity = bottom ? _work.BottomCount : _work.TopCount;
        long first = ((long)worker * _work.Slots) + start;
        int* filled = (bottom ? _work.BottomFilled : _work.TopFilled) + first;
        ulong* lists = (bottom ? _work.Bottom : _work.Top) + (first * capacity);
        for (int row = 0; row < rows; row++)
        {
            ulong* list = lists + ((long)row * capacity);
            float* z = logits + (row * TileKernel.Width);
            if (filled[row] == capacity)
            {
                // A worker meets the columns in their order, so an equal logit comes too late.
                TVector last = TSimd.Create(bottom ? -LensList.Logit(list[capacity - 1]) : LensList.Logit(list[capacity - 1]));
                bool enters = false;
                for (int j = 0; j < TileKernel.Width; j += TSimd.Count)
                {
                    TVector v = TSimd.Load(z + j);
                    enters |= bottom ? TSimd.AnyGreater(last, v) : TSimd.AnyGreater(v, last);
                }

                if (!enters)
                {
                    continue;
                }
            }

            Insert(list, filled + row, capacity, z, column, columns, bottom ? -1f : 1f);
        }
    }

    private static void Insert(ulong* list, int* filled, int capacity, float* z, int column, int columns, float sign)
    {
        for (int j = 0; j < columns; j++)
        {
            float logit = sign * z[j];
            if (*filled < capacity || logit > LensList.Logit(list[capacity - 1]))
            {
                LensList.Insert(list, ref *filled, capacity, LensList.Key(logit, column + j));
            }
        }
    }

    /// <summary>Counts the logits before each target's: larger ones, and before it in the vocabulary equal ones too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Rank(int start, int rows, float* logits, int column, int columns, int worker)
    {
        int targets = _work.TargetCount;
        int* ranks = _work.Ranks + ((((long)worker * _work.Slots) + start) * targets);
        for (int row = 0; row < rows; row++)
        {
            if (!_work.IsOwned(start + row))
            {
                continue;
            }

            float* z = logits + (row * TileKernel.Width);
            int* ids = _work.Targets + ((long)_work.RowOf(start + row) * targets);
            float* own = _work.TargetLogits + ((long)(start + row) * targets);
            for (int target = 0; target < targets; target++)
            {
                int before = 0, id = ids[target] - column;
                if ((uint)id < (uint)columns)
                {
                    for (int j = 0; j < columns; j++)
                    {
                        before += z[j] > own[target] || (j < id && z[j] == own[target]) ? 1 : 0;
                    }
                }
                else
                {
                    TVector mine = TSimd.Create(own[target]);
                    for (int j = 0; j < TileKernel.Width; j += TSimd.Count)
                    {
                        TVector other = TSimd.Load(z + j);
                        before += id < 0 ? TSimd.CountLess(mine, other) : TSimd.Count - TSimd.CountLess(other, mine);
                    }
                }

                ranks[((long)row * targets) + target] += before;
            }
        }
    }
}
