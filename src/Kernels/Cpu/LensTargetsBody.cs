using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// The logits of the ids asked about, before the vocabulary is gone through, since ranks need them first. Four chains
/// run side by side; each is the chain that the product makes, so a target's logit equals itself when it comes by.
/// </summary>
internal readonly unsafe struct LensTargetsBody<TSimd, TVector>(LensWork work) : IParallelBody
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const int PairsPerChunk = 64;
    private const int Together = 4;

    private long Pairs => (long)work.Slots * work.TargetCount;

    public int Chunks => checked((int)((Pairs + PairsPerChunk - 1) / PairsPerChunk));

    public void Run(int chunk, int worker)
    {
        float* logits = stackalloc float[PairsPerChunk];
        float** x = stackalloc float*[Together];
        byte** w = stackalloc byte*[Together];
        long start = (long)chunk * PairsPerChunk;
        int count = (int)Math.Min(PairsPerChunk, Pairs - start);
        new Span<float>(logits, PairsPerChunk).Clear();
        for (int i = 0; i < count; i += Together)
        {
            for (int j = 0; j < Together; j++)
            {
                (int row, int id) = Find(start + Math.Min(i + j, count - 1));
                x[j] = work.States + (row * work.StatesStride);
                w[j] = work.Weights.Data + (id / TileKernel.Width * work.Weights.PanelBytes)
                    + (work.Weights.PlaceOf(id % TileKernel.Width) * work.Weights.Type.Size());
            }

            Chains(x, w, logits + i);
        }

        for (int i = 0; i < count && work.Bias != null; i++)
        {
            logits[i] += work.Bias[Find(start + i).Id];
        }

        LensLogits<TSimd, TVector>.Scale(logits, PairsPerChunk, work.Softcap, work.Temperature);
        new ReadOnlySpan<float>(logits, count).CopyTo(new Span<float>(work.TargetLogits + start, count));
    }

    private (int Row, int Id) Find(long pair)
    {
        int row = work.RowOf((int)(pair / work.TargetCount));
        return (row, work.Targets[((long)row * work.TargetCount) + (pair % work.TargetCount)]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Chains(float** x, byte** w, float* sums)
    {
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        float* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
        byte* w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
        long step = work.Weights.StepBytes;
        ElementType type = work.Weights.Type;
        for (int k = 0; k < work.Inputs; k++)
        {
            long at = k * step;
            s0 = MathF.FusedMultiplyAdd(x0[k], Widen(w0 + at, type), s0);
            s1 = MathF.FusedMultiplyAdd(x1[k], Widen(w1 + at, type), s1);
            s2 = MathF.FusedMultiplyAdd(x2[k], Widen(w2 + at, type), s2);
            s3 = MathF.FusedMultiplyAdd(x3[k], Widen(w3 + at, type), s3);
        }

        sums[0] = s0;
        sums[1] = s1;
        sums[2] = s2;
        sums[3] = s3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Widen(byte* p, ElementType type) => type switch
    {
        ElementType.F32 => *(float*)p,
        ElementType.BF16 => BitConverter.UInt32BitsToSingle((uint)*(ushort*)p << 16),
        _ => (float)*(Half*)p,
    };
}
