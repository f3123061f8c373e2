using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// Tiles of rows against one panel, in blocks of k that the second-level cache holds. The caller goes through blocks,
/// and in each through the tiles; sums that it keeps between blocks go on as the same chains.
/// </summary>
internal unsafe struct PanelProduct<TSimd, TVector, TPanel>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TPanel : struct, IPanelElement<TSimd, TVector>
{
    // 128 bytes each as f32: at most 256 KiB, beside the tiles that pass.
    private const int StepsAtOnce = 2048;
    private const int StepBytes = TileKernel.Width * sizeof(float);

    private readonly RowTiles _tiles;
    private readonly float* _a;
    private readonly int _k;
    private readonly int _steps;
    private readonly bool _widens;
    private int _first;
    private int _count;
    private byte* _from;

    /// <summary>Takes packed tiles whose rows are k long.</summary>
    public PanelProduct(RowTiles tiles, float* a, int k)
    {
        _tiles = tiles;
        _a = a;
        _k = k;
        Blocks = Math.Max(1, (k + StepsAtOnce - 1) / StepsAtOnce);
        _steps = (k + Blocks - 1) / Blocks;
        _widens = TPanel.Widen && tiles.Count > 1;
    }

    /// <summary>Blocks of k, at least 1.</summary>
    public int Blocks { get; }

    /// <summary>Floats of scratch memory.</summary>
    public readonly int ScratchFloats => _widens ? _steps * TileKernel.Width : 0;

    /// <summary>Goes to a block of a panel.</summary>
    public void Begin(int block, byte* panel, float* scratch)
    {
        _first = block * _steps;
        _count = Math.Min(_steps, _k - _first);
        _from = panel + ((long)_first * TileKernel.Width * TPanel.Size);
        if (_widens)
        {
            PanelWidener<TSimd, TVector>.Widen<TPanel>(_from, _count, scratch);
            _from = (byte*)scratch;
        }
    }

    /// <summary>Multiplies one tile; <paramref name="c"/> is its first row's first sum.</summary>
    public readonly void Multiply(int tile, float* c, long ldc)
    {
        int height = _tiles.Height(tile);
        float* a = _a + ((long)_tiles.Start(tile) * _k) + ((long)_first * height);
        if (_widens)
        {
            TileKernel<TSimd, TVector>.Multiply<PanelF32<TSimd, TVector>>(height, _count, a, height, _from, StepBytes, c, ldc, _first > 0);
        }
        else
        {
            TileKernel<TSimd, TVector>.Multiply<TPanel>(height, _count, a, height, _from, TileKernel.Width * TPanel.Size, c, ldc, _first > 0);
        }
    }

    /// <summary>Multiplies all tiles; sums are rows of 32.</summary>
    public void Run(byte* panel, float* sums, float* scratch)
    {
        for (int block = 0; block < Blocks; block++)
        {
            Begin(block, panel, scratch);
            for (int tile = 0; tile < _tiles.Count; tile++)
            {
                Multiply(tile, sums + ((long)_tiles.Start(tile) * TileKernel.Width), TileKernel.Width);
            }
        }
    }
}
