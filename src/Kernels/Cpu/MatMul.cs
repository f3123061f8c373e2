using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    // Packed rows of one pass over the weights: they stay in the third-level cache while every panel meets all of them.
    private const long PackedFloats = 2 << 20;

    /// <remarks>
    /// With many rows the bound is two multiply-adds a cycle (243 to 260 GFLOP/s on one Zen 5 core): 512 x 768 x 3072 runs
    /// at 245 on one core, 14 x 768 x 3072 at 487 on two. With one row it is the memory: the weights of 1 x 768 x 3072 come
    /// in at 41 to 42 GB/s, f32 or bf16, where a plain reading loop measures 41. OpenBLAS on the same core: about 220.
    /// </remarks>
    public void MatMul(Tensor x, WeightMatrix w, Tensor y, in MatMulOptions options = default)
    {
        var matrix = (PackedMatrix)w;
        Check.MatMul(x, w, y, options);
        _counters.Ops++;
        _counters.Flops += 2L * x.Rows * x.Width * w.Outputs;
        int k = x.Width;
        if (x.Rows == 0 || w.Outputs == 0)
        {
            return;
        }

        int pass = (int)Math.Clamp(PackedFloats / Math.Max(k, 1) / TSimd.TileRows, 8, 1 << 20) * TSimd.TileRows;
        for (int start = 0; start < x.Rows; start += pass)
        {
            int rows = Math.Min(pass, x.Rows - start);
            var tiles = new RowTiles(rows, TSimd.TileRows);
            float* a = Floats(x) + ((long)start * x.RowStride);
            if (rows > 1)
            {
                float* packed = _workers.SharedScratch((long)rows * k);
                PackRowsBody.Pack(_workers, tiles, a, x.RowStride, k, packed);
                a = packed;
            }

            var body = new ProductBody<TSimd, TVector>(_workers, tiles, a, k, matrix, options.InputOffset ?? 0)
            {
                Y = Floats(y) + ((long)start * y.RowStride),
                YStride = y.RowStride,
                Bias = Floats(options.Bias),
                Activation = options.Activation,
                Residual = options.Residual.IsAbsent ? null : Floats(options.Residual) + ((long)start * options.Residual.RowStride),
                ResidualStride = options.Residual.IsAbsent ? 0 : options.Residual.RowStride,
            };
            _workers.For(body.Chunks, ref body);
        }
    }
}
