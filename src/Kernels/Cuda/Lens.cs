using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    /// <summary>Scratch memory of a round; a lens of more rows goes in several.</summary>
    private const long LensRoundBytes = 256 << 20;

    private static readonly CudaKernel[]
        LensKernels = ByType("lens"),
        LensMmaKernels = ByType("lens_mma"),
        LensHopperKernels = ByType("lens_hopper"),
        SmallLensHopperKernels = ByType("lens_hopper_small", "lens_hopper");

    private static readonly CudaKernel LensGatherKernel = new("lens_gather"), LensFinishKernel = new("lens_finish");

    public void Lens(in LensArguments arguments)
    {
        Check.Lens(arguments);
        var weights = (CudaMatrix)arguments.Unembedding;
        LensBody body = BodyOf(weights, arguments.States.Rows);
        _lensSlots.Plan(arguments, body.BlockSlots, body.TileSlots);
        _counters.Ops++;
        _counters.Flops += 2L * _lensSlots.Filled * weights.Inputs * weights.Outputs;

        // Rounds of about the same size, whole tiles each.
        int slots = _lensSlots.Count;
        while (slots > body.TileSlots && new LensLayout(arguments, body, _device.Facts, slots).Bytes > LensRoundBytes)
        {
            slots = CeilDiv(slots / 2, body.TileSlots) * body.TileSlots;
        }

        int rounds = slots == 0 ? 0 : CeilDiv(_lensSlots.Count, slots);
        slots = rounds == 0 ? 0 : CeilDiv(CeilDiv(_lensSlots.Count, rounds), body.TileSlots) * body.TileSlots;
        for (int first = 0; first < _lensSlots.Count; first += slots)
        {
            LensRound(arguments, body, first, Math.Min(slots, _lensSlots.Count - first));
        }
    }

    /// <summary>The kernel for some rows; the numbers are those of its file.</summary>
    private LensBody BodyOf(CudaMatrix weights, int rows)
    {
        const int MmaColumns = 128, MmaStages = 4, MmaInputs = 32, HopperColumns = 256, ChunkBytes = 64 * 64 * sizeof(float);
        int type = (int)weights.Type;
        if (!Rounds(weights.Type))
        {
            return new LensBody(LensKernels[type], LensPath.Chains, 128, 128, 256, 0, 1, 0);
        }

        if (_device.Facts.Capability != Hopper || weights.Inputs == 0)
        {
            int shared = MmaStages * (128 + MmaColumns) * MmaInputs * sizeof(ushort);
            return new LensBody(LensMmaKernels[type], LensPath.Mma, 128, 128, 128, shared, 2, weights.RowBytes);
        }

        int warpgroups = rows <= 64 ? 1 : 2, stages = rows <= 64 ? 5 : 4, slots = 64 * warpgroups;
        int bytes = (stages * (slots + HopperColumns) * WgmmaTile.Inputs * sizeof(ushort)) + (warpgroups * ChunkBytes);
        CudaKernel kernel = (rows <= 64 ? SmallLensHopperKernels : LensHopperKernels)[type];
        return new LensBody(kernel, LensPath.Hopper, slots, 64, 128 * (warpgroups + 1), bytes, 1, weights.RowBytes);
    }

    private void LensRound(in LensArguments arguments, in LensBody body, int first, int slots)
    {
        var layout = new LensLayout(arguments, body, _device.Facts, slots);
        nint memory = _scratch.Take(Math.Max(1, layout.Bytes));
        bool hasTable = !arguments.References.IsAbsent;
        if (hasTable)
        {
            _lensSlots.Upload(first, slots, memory + (nint)layout.Table);
        }

        var lens = new LensLaunch
        {
            Bias = Floats(arguments.Bias),
            Softcap = arguments.Softcap,
            Temperature = arguments.Temperature,
            Vocabulary = arguments.Unembedding.Outputs,
            Rows = hasTable ? (int*)(memory + layout.Table) : null,
            References = hasTable ? (int*)(memory + layout.Table) + slots : null,
            First = first,
            Count = arguments.States.Rows,
            Slots = slots,
            Sums = arguments.NeedsSums ? (float*)(memory + layout.Sums) : null,
            Top = (ulong*)(memory + layout.Top),
            Bottom = (ulong*)(memory + layout.Bottom),
            Ranks = arguments.TargetRanks.IsAbsent ? null : (int*)(memory + layout.Ranks),
            Targets = Integers(arguments.Targets),
            TargetLogits = (float*)(memory + layout.TargetLogits),
            TopLength = layout.TopLength,
            BottomLength = layout.BottomLength,
            TargetCount = arguments.TargetCount,
            Slices = layout.Slices,
            Splits = layout.Splits,
            Group = layout.Group,
        };
        void* states = (void*)(memory + layout.States);
        if (body.StateBytes != 0)
        {
            RoundStates(arguments, lens, states);
        }

        if (arguments.TargetCount != 0)
        {
            void* gathered = (void*)(memory + layout.Gathered);
            GatherTargets(arguments, lens, gathered);
            LensLaunch pick = lens;
            pick.Pick = 1;
            pick.Splits = 1;
            LaunchLens(arguments, body, pick, states, gathered);
        }

        LaunchLens(arguments, body, lens, states, (void*)((CudaMatrix)arguments.Unembedding).Address);
        FinishLens(arguments, lens);
    }

    /// <summary>The states of the slots in the weights' 16-bit type.</summary>
    private void RoundStates(in LensArguments arguments, in LensLaunch lens, void* states)
    {
        Tensor x = arguments.States;
        var weights = (CudaMatrix)arguments.Unembedding;
        var cast = new CastRowsArguments
        {
            X = Floats(x) + (lens.Rows == null ? (long)lens.First * x.RowStride : 0),
            Y = states,
            Rows = lens.Rows,
            StrideX = x.RowStride,
            StrideY = weights.Stride,
            Count = lens.Rows == null ? lens.Count - lens.First : lens.Count,
            Width = x.Width,
            Wide = IsWide(x) ? 1 : 0,
        };
        CastRows(weights.Type == ElementType.BF16 ? CastToBF16 : CastToF16, cast, lens.Slots, lens.Slots * ((x.Width * sizeof(float)) + weights.RowBytes));
    }

    /// <summary>The rows of W that the targets name, whose logits, products like all others, ranks need first.</summary>
    private void GatherTargets(in LensArguments arguments, in LensLaunch lens, void* gathered)
    {
        var weights = (CudaMatrix)arguments.Unembedding;
        var gather = new LensGatherArguments
        {
            Lens = lens,
            W = (void*)weights.Address,
            Y = gathered,
            Units = (int)(weights.RowBytes / CudaMatrix.RowAlignment),
        };
        int rows = checked(lens.Slots * lens.TargetCount);
        Launch(LensGatherKernel, new Grid(rows), 128, gather, new KernelWork(2 * rows * weights.RowBytes));
    }

    private void LaunchLens(in LensArguments arguments, in LensBody body, in LensLaunch lens, void* states, void* w)
    {
        var weights = (CudaMatrix)arguments.Unembedding;
        Tensor x = arguments.States;
        long columns = lens.Pick != 0 ? (long)lens.Slots * lens.TargetCount : lens.Vocabulary;
        long logits = lens.Pick != 0 ? columns : lens.Slots * columns;
        long stateBytes = body.StateBytes != 0 ? body.StateBytes : x.Width * sizeof(float);
        var work = new KernelWork((columns * weights.RowBytes) + (lens.Slots * stateBytes), 2 * logits * weights.Inputs);
        var grid = new Grid(checked(lens.Slots / body.TileSlots * lens.Splits));
        switch (body.Path)
        {
            case LensPath.Chains:
                var chains = new LensF32Arguments { Lens = lens, X = Floats(x), W = w, StrideX = x.RowStride, StrideW = weights.Stride, Inputs = weights.Inputs, WideX = IsWide(x) ? 1 : 0 };
                Launch(body.Kernel, grid, body.Threads, chains, work);
                break;
            case LensPath.Mma:
                var mma = new LensMmaArguments { Lens = lens, X = states, W = w, StrideX = weights.Stride, StrideW = weights.Stride, Inputs = weights.Inputs };
                Launch(body.Kernel, grid, body.Threads, mma, work, body.SharedBytes);
                break;
            default:
                var hopper = new LensHopperArguments
                {
                    X = OperandMap(states, weights.Type, lens.Slots, weights.Inputs, weights.Stride, body.TileSlots),
                    W = OperandMap(w, weights.Type, checked((int)columns), weights.Inputs, weights.Stride, 256),
                    Lens = lens,
                    Inputs = weights.Inputs,
                };
                Launch(body.Kernel, grid, body.Threads, hopper, work, body.SharedBytes);
                break;
        }
    }

    private void FinishLens(in LensArguments arguments, in LensLaunch lens)
    {
        var finish = new LensFinishArguments
        {
            Lens = lens,
            LogSumExp = Floats(arguments.LogSumExp),
            Entropy = Floats(arguments.Entropy),
            Divergence = Floats(arguments.Divergence),
            TopIds = new LensResult(arguments.TopIds),
            BottomIds = new LensResult(arguments.BottomIds),
            Ranks = new LensResult(arguments.TargetRanks),
            Top = new LensResult(arguments.TopLogProbabilities),
            Bottom = new LensResult(arguments.BottomLogProbabilities),
            Targets = new LensResult(arguments.TargetLogProbabilities),
            TopCount = arguments.TopCount,
            BottomCount = arguments.BottomCount,
        };

        // A warp for the sums; more where there are many keys to look through.
        long keys = 2L * lens.Splits * Math.Max(lens.TopLength, lens.BottomLength);
        int threads = (int)Math.Clamp(keys / 4 / 32 * 32, 32, 256);
        long bytes = (2L * lens.Slices * 16) + (2L * lens.Splits * (lens.TopLength + lens.BottomLength) * sizeof(ulong));
        Launch(LensFinishKernel, new Grid(lens.Slots), threads, finish, new KernelWork(lens.Slots * bytes));
    }

    /// <summary>The twin of LensArguments in kernels/include/lens_statistics.cuh.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LensLaunch
    {
        public float* Bias;
        public float Softcap, Temperature;
        public int Vocabulary;
        public int* Rows, References;
        public int First, Count, Slots;
        public float* Sums;
        public ulong* Top, Bottom;
        public int* Ranks, Targets;
        public float* TargetLogits;
        public int TopLength, BottomLength, TargetCount;
        public int Slices, Splits, Group, Pick;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LensF32Arguments
    {
        public LensLaunch Lens;
        public float* X;
        public void* W;
        public long StrideX, StrideW;
        public int Inputs, WideX;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LensMmaArguments
    {
        public LensLaunch Lens;
        public void* X, W;
        public long StrideX, StrideW;
        public int Inputs;
    }

    [StructLayout(LayoutKind.Sequential, Size = 448)]
    private struct LensHopperArguments
    {
        public TensorMap X, W;
        public LensLaunch Lens;
        public int Inputs;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LensGatherArguments
    {
        public LensLaunch Lens;
        public void* W, Y;
        public int Units;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct LensResult(Tensor t)
    {
        private readonly void* _rows = t.IsAbsent ? null : (void*)t.Address;
        private readonly long _stride = t.RowStride;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LensFinishArguments
    {
        public LensLaunch Lens;
        public float* LogSumExp, Entropy, Divergence;
        public LensResult TopIds, BottomIds, Ranks, Top, Bottom, Targets;
        public int TopCount, BottomCount;
    }
}
