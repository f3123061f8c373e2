using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    // Rows that meet a panel together: 24 tiles of 14, 1 MB at a width of 768.
    private const int LensBlockRows = 336;

    // Rows of a round: their packed form stays in the third-level cache while the vocabulary passes.
    private const int LensRoundRows = 2016;
    private const long LensPackedFloats = 4 << 20;

    /// <remarks>
    /// The product of a 16-lane vector of logits takes d / 2 cycles (two multiply-adds each); the softmax sums take
    /// about 20, so they cost 5 % at d = 768. Rows go in rounds; a round is a loop over blocks of rows and slices of the
    /// vocabulary, then one that merges what the slices gave, always in the same order. Measured on two Zen 5 cores with
    /// GPT-2 small's vocabulary, f32: nothing asked 475 GFLOP/s, log-sum-exp 459, entropy with top-1 and divergence 447,
    /// top-10 ids 455, top-10 with log-probabilities 437.
    /// </remarks>
    public void Lens(in LensArguments arguments)
    {
        LensWork work = Prepare(arguments);
        int n = arguments.States.Rows;
        _counters.Ops++;
        if (n == 0)
        {
            return;
        }

        int blockRows = Math.Max(2, Math.Min(LensBlockRows, n * (arguments.References.IsAbsent ? 1 : 2)));
        long planBytes = ((LensPlan.Integers(n, !arguments.References.IsAbsent, blockRows) * sizeof(int)) + 63) & ~63L;
        int roundRows = (int)Math.Clamp(LensPackedFloats / Math.Max(1, work.Inputs), blockRows, LensRoundRows);
        long bytes = planBytes + LensWork.RoundBytes(work, Math.Min(roundRows, n * (arguments.References.IsAbsent ? 1 : 2)));
        float* memory = _workers.SharedScratch((bytes + sizeof(float) - 1) / sizeof(float));
        work.Plan = new LensPlan(n, Integers(arguments.References), blockRows, (int*)memory);
        for (int block = 0; block < work.Plan.Blocks; block += work.Blocks)
        {
            work.FirstBlock = block;
            work.Blocks = 1;
            while (block + work.Blocks < work.Plan.Blocks && work.Plan.Start[block + work.Blocks + 1] - work.Plan.Start[block] <= roundRows)
            {
                work.Blocks++;
            }

            work.FirstSlot = work.Plan.Start[block];
            work.Slots = work.Plan.Start[block + work.Blocks] - work.FirstSlot;
            work.Place((long)memory + planBytes, work.Slots);
            RunRound(work, arguments);
        }
    }

    private void RunRound(in LensWork work, in LensArguments arguments)
    {
        _counters.Flops += 2L * work.Slots * work.Inputs * work.Vocabulary;
        var pack = new LensPackBody(work, TSimd.TileRows);
        _workers.For(work.Blocks, ref pack);
        if (work.TargetCount != 0)
        {
            var targets = new LensTargetsBody<TSimd, TVector>(work);
            _workers.For(targets.Chunks, ref targets);
        }

        long lists = (long)_workers.Threads * work.Slots;
        new Span<int>(work.Ranks, checked((int)(lists * work.TargetCount))).Clear();
        new Span<int>(work.TopFilled, checked((int)lists)).Clear();
        new Span<int>(work.BottomFilled, checked((int)lists)).Clear();
        var body = new LensBody<TSimd, TVector>(work);
        _workers.For(body.Chunks, ref body);
        var finish = new LensFinishBody(work, arguments);
        _workers.For(work.Blocks, ref finish);
    }

    private LensWork Prepare(in LensArguments a)
    {
        Check.Lens(a);
        var weights = (PackedMatrix)a.Unembedding;
        CheckIds(a.References, a.States.Rows);
        CheckIds(a.Targets, weights.Outputs);
        return new LensWork
        {
            Workers = _workers,
            Weights = weights,
            States = Floats(a.States),
            StatesStride = a.States.RowStride,
            Inputs = weights.Inputs,
            Vocabulary = weights.Outputs,
            Slices = (weights.Outputs + LensWork.SliceColumns - 1) / LensWork.SliceColumns,
            Bias = Floats(a.Bias),
            Softcap = a.Softcap,
            Temperature = a.Temperature,
            NeedsSums = a.NeedsSums,
            NeedsRanks = !a.TargetRanks.IsAbsent,
            TopCount = a.TopCount,
            BottomCount = a.BottomCount,
            TargetCount = a.TargetCount,
            Targets = Integers(a.Targets),
        };
    }

    private static void CheckIds(Tensor ids, int end)
    {
        if (!ids.IsAbsent)
        {
            Check.LensIds(new ReadOnlySpan<int>(Integers(ids), (int)ids.Shape.Count), end);
        }
    }
}
