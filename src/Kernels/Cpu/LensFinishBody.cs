using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

/// <summary>
/// The last step of a lens, a block a chunk: slices meet in their order in f64, lists of the workers are merged, and the
/// results of the rows that the block owns are written.
/// </summary>
internal readonly unsafe struct LensFinishBody(LensWork work, LensArguments arguments) : IParallelBody
{
    public void Run(int chunk, int worker)
    {
        int start = work.BlockStart(chunk), end = work.BlockStart(chunk + 1);
        for (int slot = start; slot < end && work.NeedsSums; slot++)
        {
            Merge(slot);
        }

        for (int slot = start; slot < end; slot++)
        {
            if (work.IsOwned(slot))
            {
                Write(slot, work.RowOf(slot));
            }
        }
    }

    private void Merge(int slot)
    {
        double* slices = work.SliceSums + ((long)slot * work.Slices * LensWork.SumCount);
        double level = double.NegativeInfinity;
        for (int i = 0; i < work.Slices; i++)
        {
            level = Math.Max(level, slices[i * LensWork.SumCount]);
        }

        double s = 0, t = 0, d = 0;
        for (int i = 0; i < work.Slices; i++)
        {
            double* part = slices + (i * LensWork.SumCount);
            double change = part[0] - level, factor = Math.Exp(change);
            s += factor * part[1];
            t += factor == 0 ? 0 : factor * (part[2] + (change * part[1]));
            d += factor == 0 ? 0 : factor * part[3];
        }

        double* sums = work.Sums + ((long)slot * LensWork.SumCount);
        sums[0] = level + Math.Log(s);
        sums[1] = s;
        sums[2] = t;
        sums[3] = d;
    }

    private void Write(int slot, int row)
    {
        double* sums = work.Sums + ((long)slot * LensWork.SumCount);
        double lse = sums[0];
        if (!arguments.LogSumExp.IsAbsent)
        {
            *At(arguments.LogSumExp, row) = (float)lse;
        }

        if (!arguments.Entropy.IsAbsent)
        {
            *At(arguments.Entropy, row) = (float)(Math.Log(sums[1]) - (sums[2] / sums[1]));
        }

        if (!arguments.Divergence.IsAbsent)
        {
            int reference = work.ReferenceOf(slot);
            double other = work.Sums[(long)reference * LensWork.SumCount];
            *At(arguments.Divergence, row) = reference == slot ? 0 : (float)Math.Max(0, (sums[3] / sums[1]) - (lse - other));
        }

        if (work.TopCount != 0)
        {
            WriteList(work.Top, work.TopFilled, work.TopCount, slot, row, lse, 1, arguments.TopIds, arguments.TopLogProbabilities);
        }

        if (work.BottomCount != 0)
        {
            WriteList(work.Bottom, work.BottomFilled, work.BottomCount, slot, row, lse, -1, arguments.BottomIds, arguments.BottomLogProbabilities);
        }

        for (int target = 0; target < work.TargetCount; target++)
        {
            if (!arguments.TargetLogProbabilities.IsAbsent)
            {
                At(arguments.TargetLogProbabilities, row)[target] = (float)(work.TargetLogits[((long)slot * work.TargetCount) + target] - lse);
            }

            if (work.NeedsRanks)
            {
                int rank = 0;
                for (int worker = 0; worker < work.Workers.Threads; worker++)
                {
                    rank += work.Ranks[((((long)worker * work.Slots) + slot) * work.TargetCount) + target];
                }

                ((int*)At(arguments.TargetRanks, row))[target] = rank;
            }
        }
    }

    private void WriteList(ulong* lists, int* filled, int capacity, int slot, int row, double lse, float sign, Tensor ids, Tensor logProbabilities)
    {
        // All lists into the first one; keys are unique, so the order of merging does not matter.
        ulong* list = lists + ((long)slot * capacity);
        for (int worker = 1; worker < work.Workers.Threads; worker++)
        {
            long other = ((long)worker * work.Slots) + slot;
            for (int i = 0; i < filled[other]; i++)
            {
                LensList.Insert(list, ref filled[slot], capacity, lists[(other * capacity) + i]);
            }
        }

        for (int i = 0; i < capacity; i++)
        {
            if (!ids.IsAbsent)
            {
                ((int*)At(ids, row))[i] = LensList.Id(list[i]);
            }

            if (!logProbabilities.IsAbsent)
            {
                At(logProbabilities, row)[i] = (float)((sign * LensList.Logit(list[i])) - lse);
            }
        }
    }

    private static float* At(Tensor t, int row) => (float*)t.Address + ((long)row * t.RowStride);
}
