namespace Weir.Kernels.Cpu;

/// <summary>Packs the row tiles of a product's operand, a tile a chunk.</summary>
internal readonly unsafe struct PackRowsBody(RowTiles tiles, float* x, long stride, int k, float* to) : IParallelBody
{
    private const long WorthThreads = 32768;

    /// <summary>Packs all tiles, on one thread where there is little to do.</summary>
    public static void Pack(CpuWorkers workers, RowTiles tiles, float* x, long stride, int k, float* to)
    {
        var body = new PackRowsBody(tiles, x, stride, k, to);
        if ((long)tiles.Count * tiles.Height(0) * k < WorthThreads)
        {
            for (int tile = 0; tile < tiles.Count; tile++)
            {
                body.Run(tile, 0);
            }
        }
        else
        {
            workers.For(tiles.Count, ref body);
        }
    }

    public void Run(int chunk, int worker)
    {
        long start = tiles.Start(chunk);
        RowTiles.Pack(x + (start * stride), stride, tiles.Height(chunk), k, to + (start * k));
    }
}
