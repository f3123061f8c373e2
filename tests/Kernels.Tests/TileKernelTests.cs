using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cpu.Simd;
using Xunit;

namespace Weir.Kernels.Tests;

/// <summary>The tile against a scalar chain of fused multiply-adds: the same bits at every width and row count.</summary>
public sealed unsafe class TileKernelTests
{
    private const int Seed = 20251;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(97)]
    public void EveryElementIsOneChain(int k)
    {
        foreach (int bits in CpuDevice.VectorWidths)
        {
            switch (bits)
            {
                case 512:
                    CheckAll<Simd512, Vector512<float>>(k);
                    break;
                case 256:
                    CheckAll<Simd256, Vector256<float>>(k);
                    break;
                default:
                    CheckAll<Simd128, Vector128<float>>(k);
                    break;
            }
        }
    }

    private static void CheckAll<TSimd, TVector>(int k)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        for (int rows = 1; rows <= TSimd.TileRows; rows++)
        {
            Check<TSimd, TVector, PanelF32<TSimd, TVector>>(rows, k, i => i);
            Check<TSimd, TVector, PanelBF16<TSimd, TVector>>(rows, k, PairOf);
            Check<TSimd, TVector, PanelF16<TSimd, TVector>>(rows, k, PairOf);
        }
    }

    private static int PairOf(int column) => column < 16 ? 2 * column : (2 * (column - 16)) + 1;

    private static void Check<TSimd, TVector, TPanel>(int rows, int k, Func<int, int> place)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TPanel : struct, IPanelElement<TSimd, TVector>
    {
        var random = new Random(Seed + rows + k);
        int lda = rows + 3, ldc = TileKernel.Width + 5;
        long ldb = (TileKernel.Width + 2) * TPanel.Size;
        float[] a = new float[(k * lda) + lda], b = new float[k * 32], c = new float[(rows + 1) * ldc];
        byte[] panel = new byte[(k + 1) * ldb];
        for (int i = 0; i < a.Length; i++)
        {
            a[i] = random.NextSingle() - 0.5f;
        }

        for (int i = 0; i < k * 32; i++)
        {
            float v = random.NextSingle() - 0.5f;
            Span<byte> at = panel.AsSpan((int)((i / 32 * ldb) + (place(i % 32) * TPanel.Size)));
            if (TPanel.Size == 4)
            {
                b[i] = v;
                MemoryMarshal.Write(at, v);
            }
            else if (typeof(TPanel) == typeof(PanelF16<TSimd, TVector>))
            {
                var half = (Half)(i % 5 == 0 ? v * 1e-5f : v);
                b[i] = (float)half;
                MemoryMarshal.Write(at, half);
            }
            else
            {
                uint bits = BitConverter.SingleToUInt32Bits(v) & 0xffff0000;
                b[i] = BitConverter.UInt32BitsToSingle(bits);
                MemoryMarshal.Write(at, (ushort)(bits >> 16));
            }
        }

        for (int i = 0; i < c.Length; i++)
        {
            c[i] = 1000 + i;
        }

        foreach (bool accumulate in (bool[])[false, true])
        {
            float[] expected = (float[])c.Clone();
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < 32; column++)
                {
                    float sum = accumulate ? c[(row * ldc) + column] : 0;
                    for (int i = 0; i < k; i++)
                    {
                        sum = MathF.FusedMultiplyAdd(a[(i * lda) + row], b[(i * 32) + column], sum);
                    }

                    expected[(row * ldc) + column] = sum;
                }
            }

            fixed (float* pa = a, pc = c)
            fixed (byte* pb = panel)
            {
                TileKernel<TSimd, TVector>.Multiply<TPanel>(rows, k, pa, lda, pb, ldb, pc, ldc, accumulate);
            }

            for (int i = 0; i < c.Length; i++)
            {
                Assert.True(
                    BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(c[i]),
                    $"{typeof(TSimd).Name} {typeof(TPanel).Name} {rows} x {k}, accumulate {accumulate}, seed {Seed}: element {i} is {c[i]}, not {expected[i]}.");
            }
        }
    }
}
