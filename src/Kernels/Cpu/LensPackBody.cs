namespace Weir.Kernels.Cpu;

/// <summary>Packs the rows of a round's blocks, wherever they lie, a block a chunk.</summary>
internal readonly unsafe struct LensPackBody(LensWork work, int tileRows) : IParallelBody
{
    public void Run(int chunk, int worker)
    {
        float** rows = stackalloc float*[TileKernel.MaxRows];
        int start = work.BlockStart(chunk);
        var tiles = new RowTiles(work.BlockStart(chunk + 1) - start, tileRows);
        for (int tile = 0; tile < tiles.Count; tile++)
        {
            int first = start + tiles.Start(tile);
            for (int row = 0; row < tiles.Height(tile); row++)
            {
                rows[row] = work.States + (work.RowOf(first + row) * work.StatesStride);
            }

            RowTiles.Pack(rows, tiles.Height(tile), work.Inputs, work.Packed + ((long)first * work.Inputs));
        }
    }
}
