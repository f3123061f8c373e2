using System.Runtime.InteropServices;
using Weir.Kernels.Cuda;

namespace Weir.Kernels.Tests;

/// <content>Tensor cores and asynchronous copies: faults/tile_product.cu and faults/bulk_product.cu.</content>
public sealed unsafe partial class EmulatorTests
{
    [Theory]
    [InlineData("tile_product_bf16", 80)]
    [InlineData("tile_product_bf16_transposed", 80)]
    [InlineData("tile_product_f16", 80)]
    [InlineData("tile_product_f16_transposed", 72)]
    [InlineData("tile_product_bf16", 16)]
    public void TilesAreMultipliedExactly(string kernel, int k) => RightWithEverySeed(seed => TileProduct(kernel, k, seed, fault: 0));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void FaultsOfATileProductAreSeen(int fault) => SeenWithAFewSeeds(seed => TileProduct("tile_product_bf16", 80, seed, fault));

    [Theory]
    [InlineData("bulk_product_bf16_64", 64, 192)]
    [InlineData("bulk_product_bf16_64", 64, 40)]
    [InlineData("bulk_product_bf16_128_transposed", 128, 320)]
    [InlineData("bulk_product_f16_128", 128, 136)]
    [InlineData("bulk_product_f16_256_transposed", 256, 200)]
    [InlineData("bulk_product_bf16_256", 256, 320)]
    public void BulkCopiesFeedWarpgroupProducts(string kernel, int n, int k) => RightWithEverySeed(seed => BulkProduct(kernel, n, k, seed, fault: 0));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public void FaultsOfABulkProductAreSeen(int fault) => SeenWithAFewSeeds(seed => BulkProduct("bulk_product_bf16_64", 64, 320, seed, fault));

    private static (float[] Expected, float[] Actual) TileProduct(string kernel, int k, long seed, int fault)
    {
        const int M = 32;
        const int N = 16;
        bool half = kernel.Contains("f16", StringComparison.Ordinal) && !kernel.Contains("bf16", StringComparison.Ordinal);
        bool transposed = kernel.EndsWith("_transposed", StringComparison.Ordinal);
        ushort[] a = Numbers16(M * k, half, 1), b = Numbers16(N * k, half, 2);
        float[] expected = Product(a, b, M, N, k, half, !transposed);
        using var run = new EmulatorRun(seed);
        float* y = run.Output(M * N);
        run.Launch(kernel, 1, 64, new TileProductArguments { A = run.Input(a), B = run.Input(b), Y = y, K = k, Fault = fault });
        return (expected, run.Read(y, M * N));
    }

    private static (float[] Expected, float[] Actual) BulkProduct(string kernel, int n, int k, long seed, int fault)
    {
        const int M = 64;
        const int Step = 64;
        bool half = kernel.Contains("_f16", StringComparison.Ordinal);
        bool transposed = kernel.EndsWith("_transposed", StringComparison.Ordinal);
        ushort[] a = Numbers16(M * k, half, 1), b = Numbers16(n * k, half, 2);
        float[] expected = Product(a, b, M, n, k, half, transposed);
        using var run = new EmulatorRun(seed);
        float* y = run.Output(M * n);
        ElementType type = half ? ElementType.F16 : ElementType.BF16;
        var ofA = new TensorMapLayout((nint)run.Input(a), type, M, k, k * 2, M, Step, Swizzled: true);
        TensorMapLayout ofB = transposed
            ? new TensorMapLayout((nint)run.Input(b), type, k, n, n * 2, Step, 64, Swizzled: true)
            : new TensorMapLayout((nint)run.Input(b), type, n, k, k * 2, n, Step, Swizzled: true);
        var arguments = new BulkProductArguments { A = TensorMap.Of(run.Driver, ofA), B = TensorMap.Of(run.Driver, ofB), Y = y, K = k, Fault = fault };
        run.Launch(kernel, 1, 256, arguments, 2 * (M + n) * 2 * Step);
        return (expected, run.Read(y, M * n));
    }

    /// <summary>A [m, k] times B [k, n], or [n, k] where it is not transposed, one chain of fused multiply-adds each.</summary>
    private static float[] Product(ushort[] a, ushort[] b, int m, int n, int k, bool half, bool transposed)
    {
        var y = new float[m * n];
        for (int row = 0; row < m; row++)
        {
            for (int column = 0; column < n; column++)
            {
                float sum = 0;
                for (int i = 0; i < k; i++)
                {
                    sum = MathF.FusedMultiplyAdd(Widen(a[(row * k) + i], half), Widen(b[transposed ? (i * n) + column : (column * k) + i], half), sum);
                }

                y[(row * n) + column] = sum;
            }
        }

        return y;
    }

    private static ushort[] Numbers16(int count, bool half, int seed)
    {
        var random = new Random(seed);
        var values = new ushort[count];
        foreach (ref ushort v in values.AsSpan())
        {
            float x = (float)((2 * random.NextDouble()) - 1);
            v = half ? BitConverter.HalfToUInt16Bits((Half)x) : (ushort)(BitConverter.SingleToUInt32Bits(x) >> 16);
        }

        return values;
    }

    private static float Widen(ushort bits, bool half) =>
        half ? (float)BitConverter.UInt16BitsToHalf(bits) : BitConverter.UInt32BitsToSingle((uint)bits << 16);

    [StructLayout(LayoutKind.Sequential)]
    private struct TileProductArguments
    {
        public ushort* A, B;
        public float* Y;
        public int K, Fault;
    }

    [StructLayout(LayoutKind.Sequential, Size = 320)]
    private struct BulkProductArguments
    {
        public TensorMap A, B;
        public float* Y;
        public int K, Fault;
    }
}
